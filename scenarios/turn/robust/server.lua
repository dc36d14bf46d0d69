-- Floods, lies and leftovers: a TURN server goes on serving, and answers no more than it is asked. RFC 8656.

local function lib(t) return t:lib("turn") end

-- alive: a request is answered (any answer will do); no more answers than requests, and nothing else.
local CLAUSES = { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
  form = "RFC8489:6.3.1.1#a3" }
local UDP = { type = "REQUESTED-TRANSPORT", value = 17 }
local CHANNEL = 0x4000

-- Whether a signed request is answered; checked, and the case is over where it is not.
local function serves(t, k, after)
  local r = k:request("refresh")
  local good = r.kind == "success" or r.kind == "error"
  t:check(CLAUSES.alive, good, "no answer any more (" .. tostring(r.kind) .. ") after " .. after, r)
  if not good then t:lost() end
  return good
end

-- An answer over UDP is no longer than what a path takes of which nothing is known.
local function fits(t, r, what)
  local six = t.family == "ip6"
  local packet, most = #r.octets + (six and 48 or 28), six and 1280 or 576
  t:check(six and "RFC8489:6.1#6b" or "RFC8489:6.1#6a", packet <= most,
    what .. " is answered by a packet of " .. packet, r)
end

---------------------------------------------------------------- messages

-- One of each message that a server takes.
local function messages()
  return {
    allocate = { class = "request", method = "allocate", attributes = { UDP, { type = "LIFETIME", value = 600 },
      { type = "EVEN-PORT", value = 0x80 }, { type = "REQUESTED-ADDRESS-FAMILY", value = 1 },
      { type = "SOFTWARE", value = "rtclab" } } },
    token = { class = "request", method = "allocate", attributes = { UDP,
      { type = "RESERVATION-TOKEN", value = "\1\2\3\4\5\6\7\8" }, { type = "ADDITIONAL-ADDRESS-FAMILY", value = 2 } } },
    refresh = { class = "request", method = "refresh", attributes = { { type = "LIFETIME", value = 900 },
      { type = "REQUESTED-ADDRESS-FAMILY", value = 1 } } },
    permission = { class = "request", method = "create-permission", attributes = {
      { type = "XOR-PEER-ADDRESS", address = "192.0.2.1:9" },
      { type = "XOR-PEER-ADDRESS", address = "[2001:db8::1]:9" } } },
    bind = { class = "request", method = "channel-bind", attributes = { { type = "CHANNEL-NUMBER", value = 0x4001 },
      { type = "XOR-PEER-ADDRESS", address = "192.0.2.1:9" } } },
    send = { class = "indication", method = "send", attributes = {
      { type = "XOR-PEER-ADDRESS", address = "192.0.2.1:9" }, { type = "DATA", value = "to nobody" },
      { type = "DONT-FRAGMENT" } } },
  }
end

case {
  id = "turn-server-252",
  title = "messages that are cut, longer than they say, and with bits turned",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, CLAUSES, messages(), function(run, name, _, octets)
      local list = run.flips(name, octets, 32)
      for _, more in ipairs { run.truncations(name, octets), run.tails(name, octets) } do
        table.move(more, 1, #more, #list + 1, list)
      end
      return list
    end)
  end
}

case {
  id = "turn-server-255",
  title = "messages in which numbers, lists and fields lie, to a server that asks for no credentials",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "udp", "turn-open" },
  run = function(t)
    t:lib("robust").case(t, CLAUSES, messages(), function(run, name, view)
      local list = run.numbers(name, view, run.p.derived)
      for _, more in ipairs { run.counts(name, view, run.p.derived), run.fields(name, view, run.p.derived) } do
        table.move(more, 1, #more, #list + 1, list)
      end
      return list
    end)
  end
}

case {
  id = "turn-server-253",
  title = "data of 65000 octets, and a hundred peers in one request, with a short answer",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    t:allow(k.c)
    k:send("192.0.2.1:9", ("x"):rep(65000))
    if not serves(t, k, "a Send indication of 65000 octets") then return end
    local peers = {}
    for i = 1, 100 do peers[i] = "192.0.2." .. i .. ":9" end
    local r = k:permit(peers)
    t:check(CLAUSES.alive, r.kind == "success" or r.kind == "error", "a hundred peers in a request: no answer", r)
    if r.octets and t.transport == "udp" then fits(t, r, "a request with a hundred peers") end
    if serves(t, k, "a request with a hundred peers") then k:leave() end
  end
}

case {
  id = "turn-server-254",
  title = "what answers an Allocate request without credentials fits a packet of an unknown path",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "udp" },
  run = function(t)
    local r = lib(t).client(t):challenged()
    if not r.octets then
      t:inconc("RFC8489:6.1#6a", "no answer to an Allocate request", r)
      return
    end
    fits(t, r, "a request of 28 octets")
  end
}

---------------------------------------------------------------- floods

case {
  id = "turn-server-250",
  title = "a thousand allocations, each refreshed and deleted: ports come back",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "udp", "turn-ports" },
  run = function(t)
    local first = lib(t).client(t)
    for i = 1, t.sim and 1000 or 200 do
      local k = i == 1 and first or lib(t).client(t, { over = first })
      k.challenge = first.challenge
      local r = k:allocate()
      for _ = 1, 3 do -- what was deleted may go a moment later
        if r.code ~= 508 then break end
        t:pass(3)
        r = k:allocate()
      end
      if r.code == 486 or r.code == 300 then t:skip("the server refuses with " .. r.code) end
      if not t:check("RFC8656:8.2#a1", r.kind == "success",
        ("Allocate number %d, after as many deletions: %s"):format(i, r.code or r.kind), r) then return end
      first.challenge = k.challenge
      if not serves(t, k, i .. " allocations") then return end
      k:leave()
    end
  end
}

case {
  id = "turn-server-256",
  title = "Allocate requests from many ports at once, of a user and of nobody, are answered, each once",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "udp" },
  run = function(t)
    local run = t:lib("robust").start(t, CLAUSES)
    if not run:alive() then return end
    local list = {}
    for i = 1, 256 do
      list[i] = { name = "Allocate " .. i, args = { class = "request", method = "allocate", attributes = { UDP },
        fresh = true } }
    end
    if not run:all(list, 64) then return end
    local all = {}
    for i = 1, 128 do
      local k = lib(t).client(t, { over = all[1] })
      local r = k:allocate()
      if not t:check(CLAUSES.alive, r.kind == "success" or r.kind == "error",
        ("Allocate number %d of a user is not answered"):format(i), r) then return t:lost() end
      all[i] = k
      if r.kind == "error" then break end -- a quota, or no room: it is bounded
    end
    for _, k in ipairs(all) do k:leave() end
    if run:alive("allocations of a user") then run:finish() end
  end
}

case {
  id = "turn-server-258",
  title = "signed requests that come again, and from elsewhere, with the nonce that they had",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "udp" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    t:allow(k.c)
    local made = {}
    for _, method in ipairs { "refresh", "create-permission", "channel-bind" } do
      local args = k:form(method, { { type = "CHANNEL-NUMBER", value = CHANNEL }, lib(t).to(p.addr) })
      if not args then return end
      made[#made + 1] = k.c:send(args).octets
    end
    for _ = 1, 20 do
      for _, octets in ipairs(made) do
        k.c:send { octets = octets }
        k.c:send { octets = octets, fresh = true }
      end
    end
    if serves(t, k, "requests that came again") then k:leave() end
  end
}

---------------------------------------------------------------- streams

-- Connections that are opened and left, as many as `n`, by peers: each has room for 30.
local function connect(t, n, octets)
  local p
  for i = 1, n do
    if i % 30 == 1 then
      p = lib(t).peer(t)
      t:allow(p.a)
    end
    local ev = p.a:connect { to = t.target }
    if ev.kind ~= "opened" then return ev end
    if octets then p.a:send { flow = ev.flow, octets = octets } end
  end
end

case {
  id = "turn-server-251",
  title = "two hundred connections that say nothing, or half a message, or an Allocate request and no more",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, CLAUSES)
    if not run:alive() then return end
    local n = math.min((t.profile.limits or {}).connections or 200, 200)
    local whole = "\0\3\0\8\x21\x12\xa4\x42abandoned..." .. "\0\x19\0\4\17\0\0\0"
    for _, octets in ipairs { "", whole:sub(1, 13), whole } do
      connect(t, n // 3, octets ~= "" and octets)
      if not run:alive((n // 3) .. " connections with " .. #octets .. " octets") then return end
    end
    run:finish()
  end
}

case {
  id = "turn-server-257",
  title = "ChannelData on a stream whose length lies: more than comes, less than comes, of an unbound channel",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "tcp", "tls" },
  run = function(t)
    local run = t:lib("robust").start(t, CLAUSES)
    if not run:alive() then return end
    local list = {}
    for _, number in ipairs { 0x4000, 0x4fff, 0x5000, 0x7fff, 0xffff } do
      for _, length in ipairs { 0, 1, 3, 5, 0x7fff, 0xfffb, 0xfffc, 0xffff } do
        list[#list + 1] = { name = ("channel 0x%x of %d octets"):format(number, length),
          args = { octets = string.pack(">I2I2", number, length) .. "four" } }
      end
    end
    if not run:all(list) then return end
    local k = lib(t).with_permission(t)
    if not k then return end
    t:allow(k.c)
    k:channel(CHANNEL, "short", 0xffff)
    if run:alive("ChannelData of an allocation with too great a length") then run:finish() end
  end
}

case {
  id = "turn-server-259",
  title = "requests and ChannelData that come in segments of an octet on several connections at once",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, CLAUSES)
    if not run:alive() then return end
    local k, p = lib(t).with_permission(t)
    if not k or not lib(t).permitted(t, k:bind(CHANNEL, p.addr), "RFC8656:12.2#a7", "a channel") then return end
    local flows = {}
    local function whole(i) return ("\0\4\0\12\x21\x12\xa4\x42octet-by-%03d\x80\x22\0\6rtclab\0\0"):format(i) end
    for at = 1, #whole(1) do
      for i = 1, 4 do flows[i] = run:send({ octets = whole(i):sub(at, at), flow = flows[i] }).flow end
      t:pass(0.005)
    end
    for i = 1, 4 do
      local r = run.c:receive { timeout = 5, where = function(ev)
        return ev.message and ev.message.transaction == ("octet-by-%03d"):format(i) or
          ev.kind == "closed" and ev.flow == flows[i]
      end }
      t:check("RFC8489:6.2.2#a2", r.message ~= nil, "a request in segments of an octet is not answered", r)
    end
    local words = lib(t).words()
    k:octets(lib(t).channel_data(t, CHANNEL, words), { split = 1 })
    lib(t).reaches(t, k, p, "RFC8656:12.6#a5", words, "ChannelData in segments of an octet")
    if run:alive("segments of an octet") then run:finish() end
  end
}

---------------------------------------------------------------- loops

case {
  id = "turn-server-260",
  title = "two allocations that are each other's peer, and the server as its own: nothing goes round",
  suite = "turn-robust", role = "turn-server", type = "R",
  needs = { "accounts", "udp" },
  run = function(t)
    local a, b = lib(t).with_allocation(t), lib(t).with_allocation(t)
    if not a or not b then return end
    t:allow(a.c)
    t:allow(b.c)
    local asked = "\0\3\0\8\x21\x12\xa4\x42round-and-ro" .. "\0\x19\0\4\17\0\0\0"
    for _, way in ipairs { { a, b.relayed }, { b, a.relayed }, { a, a.relayed }, { a, t.target } } do
      local k, to = way[1], way[2]
      k:permit(to)
      k:bind(CHANNEL + lib(t).port(to) % 256, to)
      for _, octets in ipairs { "round", asked, lib(t).channel_data(t, CHANNEL, "round") } do
        k:send(to, octets)
        k:channel(CHANNEL + lib(t).port(to) % 256, octets)
      end
      if not serves(t, a, "data to " .. to) or not serves(t, b, "data to " .. to) then return end
      local came = #a:pending() + #b:pending()
      if not t:check(CLAUSES.once, came <= 12, "six datagrams came as " .. came) then return end
    end
    a:leave()
    b:leave()
  end
}
