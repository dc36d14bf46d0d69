-- Allocate: what a success response has, and who gets none. RFC 8656 sections 6 and 7.2.

local function lib(t) return t:lib("turn") end

local function transport(protocol, reserved)
  return { type = "REQUESTED-TRANSPORT", value = protocol or 17, reserved = reserved }
end

-- The answer to an Allocate request that has these attributes and no others, which is to be refused with `code`.
-- False where that does not come.
local function refused(t, k, list, code, clause, what)
  local r = k:allocate(list, { transport = false })
  local ok = lib(t).refused(t, r, code, clause, what)
  if r.kind == "success" then k:leave() end
  return ok, r
end

-- An Allocate request whose arguments are known: these, and the answer. extra: attributes; change: what is done to
-- the arguments before they go out.
local function asked(k, extra, change)
  local list = { transport() }
  for _, a in ipairs(extra or {}) do list[#list + 1] = a end
  k:challenged()
  local args, r
  for i = 1, 3 do
    args = k:form("allocate", list, { id = ("allocate%04d"):format(i) })
    if not args then return nil, { kind = "none" } end
    if change then change(args) end
    r = k:raw(args)
    if r.code == 438 and r:attribute("NONCE") then k.challenge = r elseif r.code ~= 300 then break end
  end
  k:learn(r)
  return args, r
end

-- What a retransmission of an Allocate request may get once that has succeeded.
local retransmitted = { { success = true, clause = "RFC8656:7.2#a33" },
  { error = 438, clause = "RFC8656:7.2#a33", verdict = "inconc", note = "a nonce may be revoked at any time" } }

-- The answer to a Refresh request, once what went before it has had time to become an allocation.
local function refreshed(t, k)
  t:pass(0.05 * t.scale)
  return k:refresh()
end

-- Up to n clients with an allocation, from a port each: as many as the server gives. nil, with a check made, where it
-- refuses one that it should not.
local function several(t, n)
  local list = {}
  for i = 1, n do
    local k = lib(t).client(t, { over = list[1] })
    local r = k:allocate()
    if i > 1 and (r.code == 300 or r.code == 403 or r.code == 486 or r.code == 508) then break end
    if not lib(t).allocated(t, r) then return nil end
    if not t:check("RFC8656:7.2#a28", k.relayed ~= nil, "no XOR-RELAYED-ADDRESS", r) then return nil end
    list[i] = k
  end
  return list
end

local function leave(list)
  for _, k in ipairs(list) do k:leave() end
end

case {
  id = "turn-server-001",
  title = "an authenticated Allocate request succeeds, with the three attributes that tell what was allocated",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate()
    if not lib(t).allocated(t, r) then return end
    for _, name in ipairs { "XOR-RELAYED-ADDRESS", "LIFETIME", "XOR-MAPPED-ADDRESS" } do
      t:check("RFC8656:7.2#a28", r:attribute(name) ~= nil, "no " .. name, r)
    end
    k:leave()
  end
}

case {
  id = "turn-server-002",
  title = "XOR-MAPPED-ADDRESS is the address and port that the client sends from",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = k.allocated
    local mapped = r:attribute("XOR-MAPPED-ADDRESS")
    if not t:check("RFC8656:7.2#a31", mapped and mapped.address, "no XOR-MAPPED-ADDRESS", r) then return end
    if t:lib("stun").direct(t) then
      local what = ("it says %s, the client is %s"):format(mapped.address, r["local"])
      t:check("RFC8656:7.2#a31", mapped.address == r["local"], what, r)
      t:check(t:lib("stun").source(t), mapped.address == r["local"], what, r)
    else
      t:log("seen from the server this client is " .. mapped.address)
    end
    k:leave()
  end
}

case {
  id = "turn-server-003",
  title = "what goes to a peer leaves from the relayed address, and what the peer sends there comes to the client",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local words = lib(t).words()
    k:send(p.addr, words)
    local ev = p:receive()
    if not t:check("RFC8656:11.2#a8", ev.octets == words, "the datagram does not come to the peer", ev) then return end
    t:check("RFC8656:11.2#a8", ev.from == k.relayed,
      "it came from " .. tostring(ev.from) .. ", not from the relayed address " .. k.relayed, ev)
    words = lib(t).words("back")
    p:send(k.relayed, words)
    lib(t).comes_back(t, k, "RFC8656:11.3#a3", words, "a datagram sent to XOR-RELAYED-ADDRESS")
    k:leave()
  end
}

case {
  id = "turn-server-004",
  title = "an answer leaves from the address and port that was asked",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local k = lib(t).client(t)
    local function came_from(r, what)
      t:check("RFC8656:7.2#a32", r.from == t.target,
        ("%s: it came from %s, not from %s"):format(what, tostring(r.from), t.target), r)
    end
    local r = k:challenged()
    if r.kind == "error" then came_from(r, "an error response") end
    r = k:allocate()
    if not lib(t).allocated(t, r) then return end
    came_from(r, "a success response")
    k:leave()
  end
}

case {
  id = "turn-server-005",
  title = "an Allocate request without REQUESTED-TRANSPORT is a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    refused(t, k, {}, 400, "RFC8656:7.2#a2", "an Allocate request without REQUESTED-TRANSPORT")
  end
}

case {
  id = "turn-server-006",
  title = "a REQUESTED-TRANSPORT that has not four octets makes a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local first = lib(t).client(t)
    for _, length in ipairs { 0, 1, 2, 3, 5, 8 } do
      local k = lib(t).client(t, { over = first }) -- a server may close a connection after an error
      local value = ("\17" .. ("\0"):rep(7)):sub(1, length)
      local ok = refused(t, k, { { type = "REQUESTED-TRANSPORT", value = value } }, 400, "RFC8656:7.2#a3",
        "a REQUESTED-TRANSPORT of " .. length .. " octets")
      if not ok then return end
    end
  end
}

case {
  id = "turn-server-007",
  title = "a protocol between server and peer that nobody has is refused with 442",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local first = lib(t).client(t)
    for _, protocol in ipairs { 0, 1, 5, 132, 255 } do
      local k = lib(t).client(t, { over = first })
      local ok, r = refused(t, k, { transport(protocol) }, 442, "RFC8656:7.2#a4", "protocol " .. protocol)
      t:check("RFC8656:19#a5", r.code == 442, ("protocol %d: no 442"):format(protocol), r)
      if not ok then return end
    end
  end
}

case {
  id = "turn-server-008",
  title = "the reserved bits of REQUESTED-TRANSPORT are ignored",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate({ transport(17, 0x010203) }, { transport = false })
    if lib(t).allocated(t, r, "RFC8656:18.8#1b", "reserved bits that are not zero") then k:leave() end
  end
}

case {
  id = "turn-server-009",
  title = "a second Allocate request on the 5-tuple is refused with 437, and the allocation stays",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = lib(t).judged(t, k:request("allocate", { transport() }))
    t:expect(r, { { error = 437, clause = "RFC8656:7.2#a1" } }, "an Allocate request of another transaction")
    t:check("RFC8656:19#a2", r.code == 437, "a request where there is an allocation already: no 437", r)
    t:expect(k:refresh(), { { success = true, clause = "RFC8656:18.2#a2" } }, "a Refresh request after it")
    k:leave()
  end
}

case {
  id = "turn-server-010",
  title = "a retransmitted Allocate request is answered by success with the same relayed address, at once and later",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("over streams nothing is retransmitted") end
    local k = lib(t).client(t)
    local args, r = asked(k)
    if not args or not lib(t).allocated(t, r) then return end
    local relayed = k.relayed
    for _, later in ipairs { 0, 2 } do
      t:pass(later)
      r = k:raw(args)
      if not t:expect(r, retransmitted, ("the same octets %d s later"):format(later)) then break end
      local again = r:attribute("XOR-RELAYED-ADDRESS")
      t:check("RFC8656:7.2#a33", again and again.address == relayed,
        ("the relayed address is %s, it was %s"):format(tostring(again and again.address), relayed), r)
      t:check("RFC8656:5#a10", not again or again.address == relayed, "the same request has acted once more", r)
    end
    k:leave()
  end
}

case {
  id = "turn-server-011",
  title = "retransmissions of an Allocate request use up no quota",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp", "turn-quota" },
  run = function(t)
    local quota = (t.profile.turn or {}).quota or 0
    if quota < 2 then t:skip("the quota allows no second allocation") end
    local k = lib(t).client(t)
    local args, r = asked(k)
    if not args or not lib(t).allocated(t, r) then return end
    for _ = 1, math.max(10, quota) do k:raw(args) end
    local other = lib(t).client(t, { over = k })
    r = other:allocate()
    lib(t).granted(t, r, 486)
    t:expect(r, { { success = true, clause = "RFC8656:7.2#a33" } }, "the second allocation of a quota of " .. quota)
    leave { k, other }
  end
}

case {
  id = "turn-server-012",
  title = "a retransmitted Allocate request with EVEN-PORT is answered with the same RESERVATION-TOKEN",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("over streams nothing is retransmitted") end
    local k = lib(t).client(t)
    local args, r = asked(k, { { type = "EVEN-PORT", value = 0x80 } })
    if r.code == 420 then t:skip("the server does not know EVEN-PORT") end
    if not args or not lib(t).allocated(t, r) then return end
    local token = r:attribute("RESERVATION-TOKEN")
    if t:check("RFC8656:7.2#a23", token ~= nil, "no RESERVATION-TOKEN", r) then
      r = k:raw(args)
      if t:expect(r, retransmitted, "the same octets again") then
        local again = r:attribute("RESERVATION-TOKEN")
        t:check("RFC8656:7.2#a33", again and again.value == token.value,
          again and "another RESERVATION-TOKEN" or "no RESERVATION-TOKEN", r)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-013",
  title = "no two of forty allocations have the same relayed address",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local list = several(t, 40)
    if not list then return end
    if #list < 2 then t:skip("the server gives no second allocation") end
    local whose = {}
    for i, k in ipairs(list) do
      local at = tostring(k.relayed)
      t:check("RFC8656:6#1", not whose[at], ("%s is that of clients %s and %d"):format(at, whose[at], i), k.allocated)
      whose[at] = i
    end
    leave(list)
  end
}

case {
  id = "turn-server-014",
  title = "relayed ports are dynamic ones",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local list = several(t, 20)
    if not list then return end
    local ports = (t.profile.turn or {}).ports
    local told = ports and ports[1] < 49152 -- the range is somebody's choice, who is to know: RFC8656:7.2#11
    for _, k in ipairs(list) do
      local port = lib(t).port(k.relayed)
      if not told then t:check("RFC8656:7.2#11", port >= 49152, "relayed port " .. port, k.allocated) end
      t:check("RFC8656:7.2#12", port >= 1024, "relayed port " .. port, k.allocated)
    end
    leave(list)
  end
}

case {
  id = "turn-server-015",
  title = "relayed ports do not count up: the next cannot be told from the last",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "udp" },
  run = function(t)
    local list = several(t, 32)
    if not list then return end
    local steps, most = {}, 0
    for i = 2, #list do
      local step = lib(t).port(list[i].relayed) - lib(t).port(list[i - 1].relayed)
      steps[step] = (steps[step] or 0) + 1
      most = math.max(most, steps[step])
    end
    leave(list)
    if #list < 8 then t:skip("too few allocations to tell") end
    -- one step of another size is where the range begins anew
    t:check("RFC8656:7.2#13", most < #list - 2,
      ("%d of %d steps from port to port are the same"):format(most, #list - 1))
  end
}

case {
  id = "turn-server-016",
  title = "a new allocation has no permission: what a peer sends does not come to the client",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local p = lib(t).peer(t)
    p:send(k.relayed, lib(t).words("early"))
    lib(t).client_silent(t, k, "RFC8656:7.2#a18", "what a peer without permission sent came to the client")
    -- with a permission it does: else the silence would say nothing
    if lib(t).permitted(t, k:permit(p.addr)) then
      local words = lib(t).words("late")
      p:send(k.relayed, words)
      lib(t).comes_back(t, k, "RFC8656:11.3#a3", words, "a datagram of a peer with permission")
    end
    k:leave()
  end
}

case {
  id = "turn-server-017",
  title = "a new allocation has no channel: ChannelData go nowhere",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for _, number in ipairs { 0x4000, 0x4fff } do k:channel(number, lib(t).words()) end
    lib(t).peer_silent(t, k, p, "RFC8656:7.2#a18", "ChannelData on a channel that nobody bound came to a peer")
    lib(t).relays(t, k, p, "RFC8656:11.2#a8", "a Send indication")
    k:leave()
  end
}

case {
  id = "turn-server-018",
  title = "responses to Allocate and Refresh requests carry SOFTWARE, of success as of error",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local function signs(r, what)
      if r.kind ~= "success" and r.kind ~= "error" then
        t:inconc("RFC8656:5#9a", what .. " is not answered (" .. tostring(r.kind) .. ")", r)
        return
      end
      t:check("RFC8656:5#9a", r:attribute("SOFTWARE") ~= nil,
        ("no SOFTWARE in the %s response to %s"):format(r.kind, what), r)
    end
    signs(k:challenged(), "an Allocate request without credentials")
    signs(k:refresh(), "a Refresh request without an allocation")
    local r = k:allocate()
    signs(r, "an Allocate request")
    if not lib(t).allocated(t, r) then return end
    signs(k:refresh(), "a Refresh request")
    k:leave()
  end
}

case {
  id = "turn-server-019",
  title = "an unknown attribute that has to be understood is refused with 420, which names it",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local ok, r = refused(t, k, { transport(), { type = 0x7ffe, value = "x" } }, 420, "RFC8489:6.3.1#a1",
      "an Allocate request with attribute 0x7ffe")
    if not ok then return end
    t:check("RFC8489:6.3.1#a2", r.code == 420, "the code is another", r)
    t:check("RFC8489:6.3.1#a3", r:lists("UNKNOWN-ATTRIBUTES", 0x7ffe), "UNKNOWN-ATTRIBUTES does not name it", r)
    local other = r:lists_other("UNKNOWN-ATTRIBUTES", { 0x7ffe })
    t:check("RFC8489:6.3.1#a3", other == nil, "UNKNOWN-ATTRIBUTES names " .. tostring(other), r)
  end
}

case {
  id = "turn-server-020",
  title = "an unknown attribute that may be ignored is ignored",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate { { type = 0xfffe, value = "xyz" } }
    if lib(t).allocated(t, r, "RFC8489:6.3#1", "an Allocate request with attribute 0xfffe") then k:leave() end
  end
}

case {
  id = "turn-server-021",
  title = "DONT-FRAGMENT in an Allocate request is supported, or refused as an unknown attribute",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = lib(t).granted(t, k:allocate { { type = "DONT-FRAGMENT" } })
    t:expect(r, { { success = true, clause = "RFC8656:7.2#a5" }, { error = 420, clause = "RFC8656:7.2#a5" } },
      "an Allocate request with DONT-FRAGMENT")
    if r.code == 420 then
      t:check("RFC8489:6.3.1#a3", r:lists("UNKNOWN-ATTRIBUTES", "DONT-FRAGMENT"),
        "UNKNOWN-ATTRIBUTES does not name it", r)
    elseif r.kind == "success" then
      k:leave()
    end
  end
}

case {
  id = "turn-server-022",
  title = "Send and Data have no requests: none succeeds, and nothing is relayed",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    for _, method in ipairs { "send", "data" } do
      local args = k:form(method, { lib(t).to(p.addr), { type = "DATA", value = lib(t).words(method) } })
      if not args then return end
      k.c:send(args)
      local r = lib(t).alive(t, k, "RFC8656:17#a3")
      if not r then return end
      local answer
      for _, ev in ipairs(k.c:pending()) do
        if ev.message and ev.message.method == method then answer = ev end
      end
      t:check("RFC8656:17#a3", not answer or answer.message.class ~= "success",
        "a request of method " .. method .. " succeeds", answer or r)
      if answer then t:log("a request of method " .. method .. " is answered, not discarded (RFC8489:6.3)") end
    end
    lib(t).peer_silent(t, k, p, "RFC8656:17#a3", "what a request of that method held was relayed")
    k:leave()
  end
}

case {
  id = "turn-server-023",
  title = "Allocate has no indication: it is not answered, and nothing is allocated",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    k:challenged()
    local args = k:form("allocate", { transport() })
    if not args then return end
    args.class = "indication"
    k.c:send(args)
    local r = refreshed(t, k)
    t:check("RFC8656:17#a2", r.kind ~= "success", "an Allocate indication makes an allocation: it can be refreshed", r)
    lib(t).client_silent(t, k, "RFC8656:17#a2", "an Allocate indication is answered")
    if r.kind == "success" then k:leave() end
  end
}

case {
  id = "turn-server-024",
  title = "a response that answers nothing is not answered",
  role = "turn-server",
  type = "I",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    k.c:send { class = "success", method = "allocate", attributes = {
      { type = "XOR-RELAYED-ADDRESS", address = "192.0.2.1:9" }, { type = "LIFETIME", value = 600 } } }
    k.c:send { class = "error", method = "refresh", attributes = { { type = "ERROR-CODE", code = 437, reason = "" } } }
    lib(t).client_silent(t, k, "RFC8489:6.3#a6", "a response out of the blue was answered")
    k:leave()
  end
}

case {
  id = "turn-server-025",
  title = "an Allocate request without magic cookie, as of RFC 3489, allocates nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("on a stream nothing says where a message without magic cookie ends") end
    local k = lib(t).client(t)
    k:challenged()
    local args = k:form("allocate", { transport() }, { id = "allocate-classic" }) -- 16 octets: where the cookie is, too
    if not args then return end
    k.c:send(args)
    t:allow(k.c)
    local r = refreshed(t, k)
    t:check("RFC8656:5#a6", r.kind ~= "success", "it makes an allocation, which can be refreshed", r)
    for _, ev in ipairs(k.c:pending()) do
      local m = ev.message
      t:check("RFC8656:5#a6", not m or m.class ~= "success", "it is answered by success", ev)
    end
    if r.kind == "success" then k:leave() end
  end
}

case {
  id = "turn-server-026",
  title = "the attributes before the integrity may come in any order",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local function reversed(args)
      local list, last = args.attributes, #args.attributes - 1 -- the integrity stays where it is
      for i = 1, last // 2 do list[i], list[last + 1 - i] = list[last + 1 - i], list[i] end
    end
    local args, r = asked(k, { { type = "LIFETIME", value = 600 } }, reversed)
    if args and lib(t).allocated(t, r, "RFC8489:6.3.1#a4", "an Allocate request with its attributes in reverse") then
      k:leave()
    end
  end
}

case {
  id = "turn-server-027",
  title = "of several attributes of a type the first counts",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    -- the others may be ignored (RFC8489:14#6b), and need not be
    local function first_counts(r, what, code)
      return t:expect(r, { { success = true, clause = "RFC8489:14#6a" }, { error = 400, clause = "RFC8489:14#6a",
        verdict = "inconc", note = "a server that refuses what stands twice" }, code and { error = code,
        clause = "RFC8489:14#6a", verdict = "inconc", note = "a server that looks at the second one too" } }, what)
    end
    local k = lib(t).client(t)
    local r = lib(t).granted(t, k:allocate { transport(5) }) -- after 17, which is there already
    first_counts(r, "REQUESTED-TRANSPORT of UDP and another of protocol 5", 442)
    if r.kind ~= "success" then k = lib(t).with_allocation(t) end
    if not k then return end
    r = k:refresh(1200, { { type = "LIFETIME", value = 0 } })
    if first_counts(r, "two LIFETIME, 1200 and 0") then
      local lifetime = r:attribute("LIFETIME")
      t:check("RFC8489:14#6a", not lifetime or lifetime.value ~= 0, "the LIFETIME of 0 counts, which is the second", r)
    end
    k:leave()
  end
}

case {
  id = "turn-server-028",
  title = "what peers send to the relayed addresses of two clients comes to each client what is for it",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local base = lib(t).client(t)
    local one, p = lib(t).with_permission(t, { over = base })
    if not one then return end
    local two = lib(t).with_allocation(t, { over = base })
    if not two or not lib(t).permitted(t, two:permit(p.addr)) then return end
    for i, k in ipairs { two, one, two } do
      local words = lib(t).words("for" .. i)
      p:send(k.relayed, words)
      lib(t).comes_back(t, k, "RFC8656:11.3#a6", words, "a datagram for the " .. (k == one and "first" or "second") ..
        " client")
    end
    leave { one, two }
  end
}

case {
  id = "turn-server-029",
  title = "a 5-tuple whose allocation was deleted may allocate again",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = k:leave()
    if not t:expect(r, { { success = true, clause = "RFC8656:8.2#a1" } }, "a Refresh request of 0") then return end
    t:pass(3) -- for a server that deletes a little later
    r = k:allocate()
    if lib(t).allocated(t, r, "RFC8656:8.2#a1", "an Allocate request after the deletion") then k:leave() end
  end
}
