-- A server for the discovery of NAT behaviour: RFC 5780 sections 6 and 7, and RFC 3489 for classic clients.

local IP, PORT = 4, 2 -- the flags of CHANGE-REQUEST

local function split(address)
  local ip, port = (address or ""):match("^(.*):(%d+)$")
  return ip, tonumber(port)
end

-- One of the four places that are served, counted from where a request is sent to: "other address", "other port".
local function place(t, other, flags)
  local here_ip, here_port = split(t.target)
  local other_ip, other_port = split(other)
  return (flags & IP ~= 0 and other_ip or here_ip) .. ":" .. (flags & PORT ~= 0 and other_port or here_port)
end

local function change(flags) return { type = "CHANGE-REQUEST", value = flags } end

-- A plain exchange, and the alternate address: what OTHER-ADDRESS says, or else the profile. Nothing where the case
-- cannot go on; the checks that say so are made.
local function learn(t, c)
  local r = c:request { class = "request" }
  if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
  local a = r:attribute("OTHER-ADDRESS")
  local other = a and a.address or (t.profile.nat or {})[t.family]
  if not other then
    t:check("RFC5780:6.1#8", false, "no OTHER-ADDRESS", r)
    return
  end
  return r, other
end

-- Where something stands in between, no answer from elsewhere, or to elsewhere, says nothing of the server.
local function filtered(t, r, clause, what)
  if r.kind ~= "timeout" or t:lib("stun").direct(t) then return false end
  t:inconc(clause, what .. ": no answer, which may be a filter's doing", r)
  return true
end

local function served(t, c, args, clause, what)
  local r = c:request(args)
  if filtered(t, r, clause, what) then return end
  if t:expect(r, { { success = true, clause = clause } }, what) then return r end
end

-- Where a response came from, and that it says so.
local function came_from(t, r, want, clause, what)
  local origin = r:attribute("RESPONSE-ORIGIN")
  local good = t:check(clause, r.from == want, ("%s: it came from %s, not %s"):format(what, r.from, want), r)
  t:check("RFC5780:6.1#7", origin ~= nil, what .. ": no RESPONSE-ORIGIN", r)
  if origin and t:lib("stun").direct(t) then
    t:check("RFC5780:7.3#a1", origin.address == r.from,
      ("%s: RESPONSE-ORIGIN is %s, it came from %s"):format(what, tostring(origin.address), r.from), r)
  end
  return good
end

-- A socket of its own: the flow, and the port that the server sees it come from.
local function socket(t, c)
  local r = c:request { class = "request", fresh = true }
  local mapped = r:attribute("XOR-MAPPED-ADDRESS")
  if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
  if not mapped or not mapped.address then
    t:check("RFC8489:6.3.1.1#a6", false, "no XOR-MAPPED-ADDRESS", r)
    return
  end
  local _, port = split(mapped.address)
  return { flow = r.flow, at = r["local"], port = port }
end

-- A request again with the credentials that the challenge `r` asks for, and further attributes in front of them; a
-- nonce may be revoked at any time, so one 438 is followed. nil: the challenge cannot be answered.
local function signed(t, c, r, ...)
  for _ = 1, 2 do
    local args = r:attribute("NONCE") and r:attribute("REALM") and r:credentials(t.profile.accounts[1])
    if not args then return nil end
    for i, a in ipairs { ... } do table.insert(args.attributes, i, a) end
    r = c:request(args)
    if r.code ~= 438 then break end
  end
  return r
end

-- RESPONSE-PORT may be unknown to a server: it is refused then, by its name.
local function no_response_port(r)
  return r.kind == "error" and r.code == 420 and r:lists("UNKNOWN-ATTRIBUTES", "RESPONSE-PORT")
end

case {
  id = "stun-server-201",
  title = "a plain response carries both mapped addresses, where it came from, and the alternate address",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp", "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    t:check("RFC5780:6.1#1", r:attribute("MAPPED-ADDRESS") ~= nil and r:attribute("XOR-MAPPED-ADDRESS") ~= nil,
      "not both MAPPED-ADDRESS and XOR-MAPPED-ADDRESS", r)
    came_from(t, r, t.target, "RFC5780:6.1#6", "a plain request")
    local origin, other = r:attribute("RESPONSE-ORIGIN"), r:attribute("OTHER-ADDRESS")
    t:check("RFC5780:6.1#7", origin ~= nil, "no RESPONSE-ORIGIN", r)
    t:check("RFC5780:6.1#a2", origin ~= nil and other ~= nil,
      "the request asked for nothing of the usage, and the response lacks RESPONSE-ORIGIN or OTHER-ADDRESS", r)
    if not t:check("RFC5780:6.1#8", other ~= nil, "no OTHER-ADDRESS", r) then return end
    local ip, port = split(t.target)
    local other_ip, other_port = split(other.address)
    t:check("RFC5780:6.1#a3", other_ip ~= ip and other_port ~= port,
      tostring(other.address) .. " has not both another address and another port than " .. t.target, r)
    local known = (t.profile.nat or {})[t.family]
    if known then
      t:check("RFC5780:7.4#a1", other.address == known, tostring(other.address) .. " is not " .. known, r)
    end
  end
}

case {
  id = "stun-server-202",
  title = "both ports are served on both addresses, and each names the one across from it",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp", "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    for _, flags in ipairs { PORT, IP, IP | PORT } do
      local to = place(t, other, flags)
      local r = c:request { class = "request", to = to, fresh = t.transport ~= "udp" }
      if not filtered(t, r, "RFC5780:6#2", "a request to " .. to) then
        t:check("RFC5780:6#2", r.kind == "success", "a request to " .. to .. " was not served: " .. r.kind, r)
      end
      if r.kind == "success" then
        came_from(t, r, to, "RFC5780:6.1#6", "a request to " .. to)
        local a = r:attribute("OTHER-ADDRESS")
        t:check("RFC5780:6.1#8", a ~= nil, "no OTHER-ADDRESS from " .. to, r)
        local across = place(t, other, flags ~ (IP | PORT))
        if a and t:lib("stun").direct(t) then -- else the server may know itself by other addresses
          t:check("RFC5780:6.1#a3", a.address == across,
            ("at %s OTHER-ADDRESS is %s, not %s"):format(to, tostring(a.address), across), r)
        end
      end
    end
  end
}

case {
  id = "stun-server-203",
  title = "asked to change the address, the server answers from the other one, by the same port",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    local r = served(t, c, { class = "request", attributes = { change(IP) } }, "RFC5780:6.1#4", "change IP")
    if r then came_from(t, r, place(t, other, IP), "RFC5780:6.1#4", "change IP") end
  end
}

case {
  id = "stun-server-204",
  title = "asked to change the port, the server answers from the other one, of the same address",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    local r = served(t, c, { class = "request", attributes = { change(PORT) } }, "RFC5780:6.1#3", "change port")
    if r then came_from(t, r, place(t, other, PORT), "RFC5780:6.1#3", "change port") end
  end
}

case {
  id = "stun-server-205",
  title = "asked to change both, the server answers from where OTHER-ADDRESS said it would",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    local both = IP | PORT
    local r = served(t, c, { class = "request", attributes = { change(both) } }, "RFC5780:6.1#5", "change both")
    if not r then return end
    came_from(t, r, place(t, other, both), "RFC5780:6.1#5", "change both")
    local ip, port = split(t.target)
    local from_ip, from_port = split(r.from)
    t:check("RFC5780:7.2#a3", from_ip ~= ip and from_port ~= port,
      ("it came from %s, the request went to %s"):format(r.from, t.target), r)
    if first:attribute("OTHER-ADDRESS") then
      t:check("RFC5780:7.4#a1", r.from == other, ("OTHER-ADDRESS was %s, it came from %s"):format(other, r.from), r)
    end
  end
}

case {
  id = "stun-server-206",
  title = "CHANGE-REQUEST with neither flag is answered from where it was sent to",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    if not learn(t, c) then return end
    local r = served(t, c, { class = "request", attributes = { change(0) } }, "RFC5780:6.1#6", "neither flag")
    if r then came_from(t, r, t.target, "RFC5780:6.1#6", "neither flag") end
  end
}

case {
  id = "stun-server-207",
  title = "at the alternate address, to change both leads back",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    local clause = { [IP] = "RFC5780:6.1#4", [PORT] = "RFC5780:6.1#3", [IP | PORT] = "RFC5780:6.1#5" }
    for _, flags in ipairs { IP | PORT, IP, PORT } do
      local what = ("flags %d at %s"):format(flags, other)
      local r = served(t, c, { class = "request", to = other, attributes = { change(flags) } }, clause[flags], what)
      if r then came_from(t, r, place(t, other, flags ~ (IP | PORT)), clause[flags], what) end
    end
  end
}

case {
  id = "stun-server-208",
  title = "OTHER-ADDRESS is the same whatever the flags of CHANGE-REQUEST are",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    for flags = 0, IP | PORT, 2 do
      local what = "flags " .. flags
      local r = served(t, c, { class = "request", attributes = { change(flags) } }, "RFC5780:6.1#a3", what)
      local a = r and r:attribute("OTHER-ADDRESS")
      if r then t:check("RFC5780:6.1#8", a ~= nil, what .. ": no OTHER-ADDRESS", r) end
      if a then
        t:check("RFC5780:6.1#a3", a.address == other,
          ("%s: OTHER-ADDRESS is %s, not %s"):format(what, tostring(a.address), other), r)
      end
    end
  end
}

case {
  id = "stun-server-209",
  title = "with RESPONSE-PORT the response goes to that port, without to where the request came from",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local there, here = socket(t, c), socket(t, c)
    if not there or not here then return end
    local r = c:request { class = "request", flow = here.flow,
      attributes = { { type = "RESPONSE-PORT", value = there.port } } }
    if filtered(t, r, "RFC5780:7.5#1", "RESPONSE-PORT") then return end
    if no_response_port(r) then
      t:skip("the server does not support RESPONSE-PORT, which is optional")
    end
    if t:expect(r, { { success = true, clause = "RFC5780:7.5#1" } }, "RESPONSE-PORT") then
      t:check("RFC5780:7.5#1", r["local"] == there.at,
        ("it came to %s, not %s"):format(r["local"], there.at), r)
      came_from(t, r, t.target, "RFC5780:6.1#6", "RESPONSE-PORT")
    end
    r = c:request { class = "request", flow = here.flow }
    if t:expect(r, { { success = true, clause = "RFC5780:7.5#a2" } }, "without RESPONSE-PORT") then
      t:check("RFC5780:7.5#a2", r["local"] == here.at, ("it came to %s, not %s"):format(r["local"], here.at), r)
    end
  end
}

case {
  id = "stun-server-210",
  title = "RESPONSE-PORT beside CHANGE-REQUEST: from the alternate address to the other port",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    local there = first and socket(t, c)
    if not there then return end
    local r = c:request { class = "request",
      attributes = { change(IP | PORT), { type = "RESPONSE-PORT", value = there.port } } }
    if filtered(t, r, "RFC5780:6.1#a6", "both attributes") then return end
    if no_response_port(r) then
      t:skip("the server does not support RESPONSE-PORT, which is optional")
    end
    if t:expect(r, { { success = true, clause = "RFC5780:6.1#a6" } }, "both attributes") then
      t:check("RFC5780:7.5#1", r["local"] == there.at, ("it came to %s, not %s"):format(r["local"], there.at), r)
      came_from(t, r, place(t, other, IP | PORT), "RFC5780:6.1#5", "both attributes")
    end
  end
}

-- What the PADDING of a response has to be; `mtu` nil: not known.
local function padded(t, r, mtu)
  local a = r:attribute("PADDING")
  if not t:check("RFC5780:6.1#9", a ~= nil, "no PADDING in the response", r) then return end
  t:check("RFC5780:6.1#10b", a.length % 4 == 0, a.length .. " octets are no multiple of 4", r)
  if mtu then
    local want = (mtu + 3) // 4 * 4
    t:check("RFC5780:6.1#10a", a.length == want, ("%d octets, the MTU makes it %d"):format(a.length, want), r)
  end
end

case {
  id = "stun-server-211",
  title = "a request with PADDING gets a response with PADDING, as long as the MTU",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    for _, n in ipairs { 4, 1500 } do
      local r = c:request { class = "request", attributes = { { type = "PADDING", value = ("x"):rep(n) } } }
      if r:refused(t) then return end
      local what, ok = n .. " octets of PADDING", { { success = true, clause = "RFC5780:6.1#9" } }
      if not filtered(t, r, "RFC5780:6.1#9", what) and t:expect(r, ok, what) then
        padded(t, r, (t.profile.nat or {}).mtu)
      end
    end
    local r = c:request { class = "request" }
    if t:expect(r, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a request without PADDING after it") then
      came_from(t, r, t.target, "RFC5780:6.1#6", "a request without PADDING")
    end
  end
}

case {
  id = "stun-server-212",
  title = "PADDING and RESPONSE-PORT together are refused with 400",
  role = "stun-server",
  type = "X",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local there = socket(t, c)
    if not there then return end
    local port = { type = "RESPONSE-PORT", value = there.port }
    local alone = c:request { class = "request", attributes = { port } }
    local r = c:request { class = "request", attributes = { port, { type = "PADDING", value = ("x"):rep(64) } } }
    if r:refused(t) then return end
    if no_response_port(alone) and no_response_port(r) then
      t:check("RFC8489:6.3.1#a2", true) -- refused because the attribute is unknown: as lawful, and as safe
    elseif filtered(t, r, "RFC5780:6.1#11", "PADDING and RESPONSE-PORT") then
      return -- which port an error response goes to is not said
    elseif r.kind == "success" then
      t:check("RFC5780:7.5#2", false, "the request was served", r)
      t:check("RFC5780:10#a1", false, "the request was served, and can be used to amplify", r)
    else
      t:expect(r, { { error = 400, clause = "RFC5780:6.1#11" } }, "PADDING and RESPONSE-PORT")
      t:check("RFC5780:10#a1", r.kind == "error", "it was not refused but " .. r.kind, r)
    end
    t:sanity(c, "RFC5780:6.1#11")
  end
}

case {
  id = "stun-server-213",
  title = "PADDING comes from the alternate address, too",
  role = "stun-server",
  type = "V",
  needs = { "nat-discovery", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    local r = served(t, c,
      { class = "request", attributes = { change(IP | PORT), { type = "PADDING", value = ("x"):rep(64) } } },
      "RFC5780:6.1#5", "CHANGE-REQUEST and PADDING")
    if not r then return end
    came_from(t, r, place(t, other, IP | PORT), "RFC5780:6.1#5", "CHANGE-REQUEST and PADDING")
    padded(t, r)
  end
}

case {
  id = "stun-server-214",
  title = "on a stream no other address can answer: CHANGE-REQUEST and RESPONSE-PORT are refused, or without effect",
  role = "stun-server",
  type = "X",
  needs = { "nat-discovery", "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    if not learn(t, c) then return end
    for _, attribute in ipairs { change(IP | PORT), { type = "RESPONSE-PORT", value = 9 } } do
      local r = c:request { class = "request", attributes = { attribute } }
      local fair = t:expect(r, { -- the text says what applies to UDP, and nothing else
        { error = 420, clause = "RFC5780:6.1#2" }, { error = 400, clause = "RFC5780:3#a1" },
        { success = true, clause = "RFC5780:3#a1", note = "on the connection" },
        { closed = true, clause = "RFC5780:3#a1", verdict = "inconc", note = "the connection was closed" },
      }, attribute.type)
      local origin = fair and r:attribute("RESPONSE-ORIGIN")
      if origin and t:lib("stun").direct(t) then
        t:check("RFC5780:7.3#a1", origin.address == r.from,
          ("RESPONSE-ORIGIN is %s, the connection is with %s"):format(tostring(origin.address), r.from), r)
      end
      t:sanity(c, "RFC5780:3#a1")
    end
  end
}

case {
  id = "stun-server-215",
  title = "CHANGE-REQUEST opens no way around the credentials, and does not lose the signature",
  role = "stun-server",
  type = "X",
  needs = { "auth-long", "nat-discovery", "accounts", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { change(IP | PORT) } }
    if r.kind == "success" then
      t:check("RFC5780:6.1#a1", false, "served without credentials", r)
      return
    end
    if not t:expect(r, { { error = 401, clause = "RFC5780:6.1#a1" } }, "without credentials") then return end
    t:check("RFC8489:6.3.1.2#a3", r.from == t.target, "the challenge came from " .. r.from, r)
    local challenge = r
    r = signed(t, c, challenge, change(IP | PORT))
    if not r then
      t:inconc("RFC5780:6.1#12", "the challenge is one that this case cannot answer", challenge)
      return
    end
    if filtered(t, r, "RFC5780:6.1#5", "with credentials") then return end
    if not t:expect(r, { { success = true, clause = "RFC5780:6.1#5" } }, "with credentials") then return end
    t:check("RFC5780:6.1#12", r.integrity == "good" or r.integrity256 == "good", "the response is not signed", r)
    local other = r:attribute("OTHER-ADDRESS")
    if t:check("RFC5780:6.1#8", other ~= nil, "no OTHER-ADDRESS", r) then
      came_from(t, r, place(t, other.address, IP | PORT), "RFC5780:6.1#5", "with credentials")
    end
  end
}

case {
  id = "stun-server-216",
  title = "a redirection carries none of the attributes of behaviour discovery",
  role = "stun-server",
  type = "V",
  needs = { "alternate", "nat-discovery", "accounts", "ip4" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    r = r.code == 401 and signed(t, c, r) or r
    if not t:expect(r, { { error = 300, clause = "RFC8489:10#a1" } }, "an authenticated request") then return end
    for _, name in ipairs { "RESPONSE-ORIGIN", "OTHER-ADDRESS", "PADDING", "RESPONSE-PORT", "CHANGE-REQUEST" } do
      t:check("RFC5780:6.1#13", r:attribute(name) == nil, name .. " beside ALTERNATE-SERVER", r)
    end
  end
}

case {
  id = "stun-server-217",
  title = "a server with one address says where a response came from, and of no other",
  role = "stun-server",
  type = "V",
  needs = { "nat-one-address" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    t:check("RFC5780:7.4#1", r:attribute("OTHER-ADDRESS") == nil, "OTHER-ADDRESS, but there is one address", r)
    t:check("RFC5780:6.1#1", r:attribute("MAPPED-ADDRESS") ~= nil and r:attribute("XOR-MAPPED-ADDRESS") ~= nil,
      "not both MAPPED-ADDRESS and XOR-MAPPED-ADDRESS", r)
    came_from(t, r, t.target, "RFC5780:6.1#6", "a plain request")
  end
}

case {
  id = "stun-server-218",
  title = "a server with one address refuses CHANGE-REQUEST with 420 and names it, whatever its flags are",
  role = "stun-server",
  type = "X",
  needs = { "nat-one-address" },
  run = function(t)
    local c = t:actor("client", "stun")
    for _, flags in ipairs { IP, PORT, IP | PORT, 0 } do
      local r = c:request { class = "request", attributes = { change(flags) } }
      if r:refused(t) then return end
      t:check("RFC5780:6#4b", r.kind == "error" and r.code == 420, "flags " .. flags .. ": no 420", r)
      if t:expect(r, { { error = 420, clause = "RFC5780:6.1#2" } }, "flags " .. flags) then
        t:check("RFC8489:6.3.1.1#3", r:lists("UNKNOWN-ATTRIBUTES", "CHANGE-REQUEST"),
          "CHANGE-REQUEST is not named", r)
        t:check("RFC5780:6#4a", r:attribute("OTHER-ADDRESS") == nil, "OTHER-ADDRESS, but there is one address", r)
      end
    end
    t:sanity(c, "RFC5780:6.1#2")
  end
}

case {
  id = "stun-server-219",
  title = "a server with one address serves PADDING, and RESPONSE-PORT where it supports it",
  role = "stun-server",
  type = "V",
  needs = { "nat-one-address", "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local there = socket(t, c)
    if not there then return end
    local r = c:request { class = "request", attributes = { { type = "PADDING", value = "12345" } } }
    if t:expect(r, { { success = true, clause = "RFC5780:6.1#9" } }, "PADDING") then
      padded(t, r, (t.profile.nat or {}).mtu)
    end
    r = c:request { class = "request", attributes = { { type = "RESPONSE-PORT", value = there.port } } }
    if no_response_port(r) then
      t:log("the server does not support RESPONSE-PORT, which is optional")
    elseif t:expect(r, { { success = true, clause = "RFC5780:7.5#1" } }, "RESPONSE-PORT") then
      t:check("RFC5780:7.5#1", r["local"] == there.at, ("it came to %s, not %s"):format(r["local"], there.at), r)
    end
  end
}

-- A request of RFC 3489 and what answers it: no cookie, an id of 16 octets, no transaction of the client's.
local function classic(c, id, attributes)
  local r
  for _ = 1, 4 do
    c:send { class = "request", transaction = id, attributes = attributes }
    r = c:receive { timeout = 1, where = function(ev) return ev.message ~= nil and ev.message.transaction == id end }
    if r.message then break end
  end
  if r.message then r.kind = r.message.class end
  return r
end

-- What a classic response says of the server's addresses, where it says it: RFC 5389 does not ask for it any more.
local function classic_addresses(t, r, other)
  local source, changed = r:attribute("SOURCE-ADDRESS"), r:attribute("CHANGED-ADDRESS")
  t:check("RFC3489:8.1#16", r:attribute("MAPPED-ADDRESS") ~= nil, "no MAPPED-ADDRESS", r)
  if source and t:lib("stun").direct(t) then
    t:check("RFC3489:8.1#25", source.address == r.from,
      ("SOURCE-ADDRESS is %s, it came from %s"):format(tostring(source.address), r.from), r)
  end
  if changed then
    t:check("RFC3489:8.1#a5", changed.address == other,
      ("CHANGED-ADDRESS is %s, not %s"):format(tostring(changed.address), other), r)
  end
end

case {
  id = "stun-server-220",
  title = "CHANGE-REQUEST of a classic client is acted on as RFC 3489 has it, or refused as RFC 5389 has it",
  role = "stun-server",
  type = "V",
  needs = { "classic", "nat-discovery", "udp", "ip4" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first, other = learn(t, c)
    if not first then return end
    t:allow(c) -- a repeated request may be answered twice
    local r = classic(c, "classic-plain-16")
    if r.kind == "timeout" then
      t:skip("classic clients are not served, which RFC 5780 recommends")
    end
    if not t:expect(r, { { success = true, clause = "RFC3489:8.1#12" } }, "a plain classic request") then return end
    t:check("RFC3489:8.1#24", r.from == t.target, "it came from " .. r.from, r)
    classic_addresses(t, r, other)
    local clause = { [IP] = "RFC3489:8.1#22", [PORT] = "RFC3489:8.1#21", [IP | PORT] = "RFC3489:8.1#23" }
    for _, flags in ipairs { IP, PORT, IP | PORT } do
      r = classic(c, "classic-change-" .. flags, { change(flags) })
      local from = place(t, other, flags)
      local lawful = { { success = true, clause = clause[flags] }, { error = 420, clause = "RFC5389:12.2#a2" } }
      local what = "classic flags " .. flags
      if not filtered(t, r, clause[flags], what) and t:expect(r, lawful, what) and r.kind == "success" then
        t:check(clause[flags], r.from == from, ("flags %d: it came from %s, not %s"):format(flags, r.from, from), r)
        classic_addresses(t, r, other)
      end
    end
    t:sanity(c, "RFC5389:12.2#a2")
  end
}

case {
  id = "stun-server-221",
  title = "RESPONSE-ADDRESS of a classic client is refused or ignored, or acted on in full",
  role = "stun-server",
  type = "X",
  needs = { "classic", "nat-discovery", "udp", "ip4" },
  run = function(t)
    local c = t:actor("client", "stun")
    local here, there = socket(t, c), socket(t, c)
    if not here or not there then return end
    t:allow(c)
    if not t:lib("stun").direct(t) then t:skip("the server would have to send to an address behind a NAT") end
    local plain = classic(c, "classic-plain-16")
    if plain.kind == "timeout" then
      t:skip("classic clients are not served, which RFC 5780 recommends")
    end
    local r = classic(c, "classic-response", { { type = "RESPONSE-ADDRESS", address = there.at } })
    local served_or_refused = { { success = true, clause = "RFC3489:8.1#12" },
      { error = 420, clause = "RFC5389:12.2#a2" } }
    if t:expect(r, served_or_refused, "RESPONSE-ADDRESS") and r.kind == "success" then
      -- without REFLECTED-FROM the attribute was ignored, as RFC 8489 has it for one that is out of place
      if r["local"] == there.at or r:attribute("REFLECTED-FROM") then
        t:check("RFC3489:8.1#20", r["local"] == there.at,
          ("REFLECTED-FROM says that RESPONSE-ADDRESS was acted on, but the response came to %s, not %s"):format(
            r["local"], there.at), r)
      else
        t:log("RESPONSE-ADDRESS was ignored")
      end
    end
    t:sanity(c, "RFC5389:12.2#a2")
  end
}
