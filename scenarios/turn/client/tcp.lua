-- TCP allocations, as a client asks for them and uses them: RFC 6062 section 4.

local function lib(t) return t:lib("turn") end
local TCP, ID = 6, 0x5a17c0de
local peer, second_peer = "192.0.2.33:7000", "192.0.2.34:7000"
local FLOW_UDP, FLOW_DTLS = 1, 5 -- where datagrams come to a server that a case plays
local UNBOUND = 31 -- s: after 30 s a connection that nobody has bound is closed (RFC6062:5.3#5)

-- ConnectionBind comes on a connection of its own, under the user of the control connection, with the id that was told.
-- at: which clause says which.
local function judge_take(t, take, control, id, at)
  local had, has = control:attribute("USERNAME"), take:attribute("USERNAME")
  t:check(at.other, take.from ~= control.from, "ConnectionBind comes on the control connection", take)
  t:check(at.user, (has and has.value) == (had and had.value), "ConnectionBind is of another user", take)
  t:check(at.user, take.integrity == "good" or take.integrity256 == "good",
    "ConnectionBind is not signed by the account's key", take)
  local got = take:attribute("CONNECTION-ID")
  t:check(at.id, got and got.value == id, "CONNECTION-ID is " .. tostring(got and got.value), take)
  t:check("RFC6062:6.2.1#a1", got and got.length == 4, "CONNECTION-ID is not of 32 bits", take)
end

-- Give the IUT a permission for the peer. Returns its CreatePermission request; nil: it asks for none.
local function permitted(t, s)
  local asked = t:ask_start("permit", { peer = peer })
  local r = s:request("create-permission")
  if not r.message then return nil end
  s:success(r)
  asked:wait(60)
  return r
end

-- Give the IUT a TCP allocation at `s`, to which `first` redirects it. Nil: it does not come so far.
local function redirected(t, first, s)
  local r, asked = first:signed(nil, { tcp = true })
  if not r then return nil end
  first:refuse(r, 300, { { type = "ALTERNATE-SERVER", address = s.addr } })
  local there = s:request("allocate", 5)
  if there.message and not there:attribute("NONCE") then
    s:challenge(there)
    there = s:request("allocate", 5)
  end
  if not there.message then t:skip("it does not go to an alternate server") end
  s:grant(there)
  return asked:wait(60)
end

case {
  id = "turn-client-050",
  title = "a TCP allocation is asked for by protocol 6, without what is of UDP",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { tcp = true })
    if not r then return end
    local a = r:attribute("REQUESTED-TRANSPORT")
    t:check("RFC6062:4.1#3", a and a.value == TCP, "it asks for protocol " .. tostring(a and a.value), r)
    for _, name in ipairs { "DONT-FRAGMENT", "RESERVATION-TOKEN", "EVEN-PORT" } do
      t:check("RFC6062:4.1#4", not r:attribute(name), name .. " beside protocol 6", r)
    end
    s:grant(r)
    t:expect(asked:wait(60), { { success = true, clause = "RFC6062:4.1#2" } }, "a TCP allocation that is granted")
  end
}

case {
  id = "turn-client-054",
  title = "over datagrams no TCP allocation is asked for",
  role = "turn-client",
  type = "I",
  needs = { "ask", "accounts", "turn-tcp-client", "udp", "dtls" },
  run = function(t)
    local s = lib(t).server(t)
    local asked = s:ask { tcp = true }
    for _ = 1, 4 do
      local r = s:request("allocate", 3)
      if not r.message then break end
      local a = r:attribute("REQUESTED-TRANSPORT")
      local datagram = r.flow == FLOW_UDP or r.flow == FLOW_DTLS
      t:check("RFC6062:4.1#a1", not (datagram and a and a.value == TCP), "it asks for protocol 6 over datagrams", r)
      if r:attribute("NONCE") then s:refuse(r, 442) else s:challenge(r) end
    end
    local said = asked:wait(60)
    t:check("RFC6062:4.1#a1", said.kind ~= "success", "it says that it has a TCP allocation", said)
  end
}

case {
  id = "turn-client-051",
  title = "a peer is connected to by Connect on the control connection and ConnectionBind on another",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, control = s:allocate_tcp()
    if not said then return end
    local asked = t:ask_start("connect", { peer = peer })
    local r = s:connect_request()
    if not t:check("RFC6062:4.3#1", r.message ~= nil, "asked to connect it sends no Connect request", r) then return end
    if not t:check("RFC6062:4.3#1", r.from == control.from, "Connect comes on another connection", r) then return end
    local to = r:attribute("XOR-PEER-ADDRESS")
    t:check("RFC6062:4.3#2", to and to.address == peer, "Connect is for " .. tostring(to and to.address), r)
    s:success(r, { { type = "CONNECTION-ID", value = ID } })
    local take = s:take_request(5)
    if not t:check("RFC6062:4.3#6", take.message ~= nil, "no ConnectionBind request follows", r) then return end
    judge_take(t, take, control, ID,
      { other = "RFC6062:4.3#4", user = "RFC6062:4.3#5", id = "RFC6062:4.3#7" })
    s:success(take, {}, true)
    asked:wait(60)
  end
}

case {
  id = "turn-client-052",
  title = "after 447 the same peer is not asked for again within 10 s",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "turn-tcp-client", "virtual-time", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate_tcp() then return end
    local asked = t:ask_start("connect", { peer = peer })
    local r = s:connect_request()
    if not r.message then return end
    s:refuse(r, 447)
    t:pass(2)
    t:ask_start("connect", { peer = peer })
    local again = s:request("connect", 7.5)
    t:check("RFC6062:4.3#8b", not again.message, "Connect comes again within 10 s", again)
    if again.message then s:refuse(again, 403) end
    asked:wait(60)
  end
}

case {
  id = "turn-client-055",
  title = "while a Connect request is out there is no other one for the same peer",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate_tcp() then return end
    local asked = t:ask_start("connect", { peer = peer })
    local r = s:connect_request()
    if not r.message then return end
    t:ask_start("connect", { peer = second_peer }) -- several at a time there may be
    t:ask_start("connect", { peer = peer })
    local out = { r }
    for _ = 1, 4 do
      local more = s:connect_request(3)
      local to = more.message and more:attribute("XOR-PEER-ADDRESS")
      t:check("RFC6062:4.3#10", not to or to.address ~= peer, "a second Connect request for the same peer", more)
      if not more.message then break end
      out[#out + 1] = more
    end
    for _, each in ipairs(out) do s:refuse(each, 403) end
    asked:wait(60)
  end
}

case {
  id = "turn-client-053",
  title = "a connection of a peer is taken by ConnectionBind on another connection, with the id of the indication",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, control = s:allocate_tcp()
    if not said then return end
    local r = permitted(t, s)
    if not r then return end
    s:attempt(r, ID, peer)
    local take = s:take_request(5)
    if not take.message then t:skip("it takes no connection of peers") end
    judge_take(t, take, control, ID,
      { other = "RFC6062:4.4#2", user = "RFC6062:4.4#3", id = "RFC6062:4.4#5" })
    s:success(take, {}, true)
  end
}

case {
  id = "turn-client-056",
  title = "a data connection goes to the server that the control connection goes to",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "turn-redirected", "tcp" },
  run = function(t)
    local first, s = lib(t).server(t), lib(t).server(t, { name = "other" })
    if not redirected(t, first, s) then return end
    t:ask_start("connect", { peer = peer })
    local connect = s:connect_request()
    if not connect.message then return end
    s:success(connect, { { type = "CONNECTION-ID", value = ID } })
    local take = s:take_request(5)
    t:check("RFC6062:4.3#3", take.message ~= nil, "no ConnectionBind request comes to the server of the allocation",
      first:request("connection-bind", 1))
    if take.message then s:success(take, {}, true) end
  end
}

case {
  id = "turn-client-057",
  title = "on a data connection octets pass as they are, and on the control connection none of them",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "turn-delivers", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, take = s:linked(peer)
    if not said then return end
    local out, back = "\xffas they are\0\1\2", "\xffand back\0\0"
    t:ask_start("send", { connection = said.connection, data = out })
    local got, ev = s:gather(take, #out)
    t:check("RFC6062:3#a2", ev.event ~= "stray", "what is no message comes on the control connection", ev)
    if ev.event == "stray" then return end
    t:check("RFC6062:3#a3", got == out, "other octets come on the data connection than were sent", ev)
    s.a:reply { id = take.id, octets = back }
    local heard = t:ask("receive", { timeout_us = math.floor(3e6 * t.scale) })
    t:check("RFC6062:3#a3", heard.kind == "success" and heard.data == back and heard.connection == said.connection,
      "octets of the peer are not delivered as they came", heard)
  end
}

case {
  id = "turn-client-058",
  title = "a connection to a peer is ended by closing the data connection",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, take = s:linked(peer)
    if not said then return end
    t:ask_start("close", { connection = said.connection })
    local ev = s.a:receive { timeout = 5, where = function(e) return e.event == "closed" and e.flow == take.flow end }
    t:check("RFC6062:4.6#a1", ev.event == "closed", "the data connection stays open", ev)
  end
}

case {
  id = "turn-client-059",
  title = "the allocation of a data connection is refreshed in time, on the control connection",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "turn-tcp-client", "virtual-time", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, _, control = s:linked(peer)
    if not said then return end
    local lifetime = 600
    t:spawn(function() -- what else is kept alive
      while true do
        local kept = s:request("create-permission", 3600)
        if not kept.message then return end
        s:success(kept)
      end
    end)
    for _ = 1, 2 do
      local r = s:request("refresh", lifetime)
      if not t:check("RFC6062:4.6#1", r.message ~= nil, "no Refresh request comes in time", r) then return end
      t:check("RFC6062:4.2#1", r.from == control.from, "Refresh comes on another connection", r)
      s:success(r, { { type = "LIFETIME", value = lifetime } })
    end
  end
}

case {
  id = "turn-client-063",
  title = "a second TCP allocation is asked for on a connection of its own",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "turn-several", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    local said, first = s:allocate_tcp()
    if not said then return end
    local second = s:signed(nil, { tcp = true })
    if not second then return end
    t:check("RFC6062:4.1#1", second.from ~= first.from, "it comes on the control connection of the first", second)
    s:grant(second, { relayed = "192.0.2.15:50002" })
  end
}

case {
  id = "turn-client-064",
  title = "a connection of a peer is taken at the server that the control connection goes to",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "turn-redirected", "tcp" },
  run = function(t)
    local first, s = lib(t).server(t), lib(t).server(t, { name = "other" })
    if not redirected(t, first, s) then return end
    local r = permitted(t, s)
    if not r then return end
    s:attempt(r, ID, peer)
    local take = s:request("connection-bind", 5)
    local astray = first:request("connection-bind", 1)
    if not take.message and not astray.message then t:skip("it takes no connection of peers") end
    t:check("RFC6062:4.4#1", take.message ~= nil, "ConnectionBind comes to the server that redirected", astray)
  end
}

case {
  id = "turn-client-065",
  title = "a connection that is opened for one of a peer gets a ConnectionBind request",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-tcp-client", "tcp", "tls" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate_tcp() then return end
    local r = permitted(t, s)
    if not r then return end
    s.a:pending()
    s:attempt(r, ID, peer)
    local link = s.a:receive { timeout = 5, where = function(e) return e.event == "accepted" end }
    if link.event ~= "accepted" then t:skip("it takes no connection of peers") end
    local came = s.a:receive { timeout = UNBOUND, where = function(e) return e.flow == link.flow end }
    local is_take = came.message and came.message.method == "connection-bind"
    if came.kind ~= "timeout" and not is_take then
      t:inconc("RFC6062:4.4#4", "the new connection serves something else, or is given up", came)
      return
    end
    t:check("RFC6062:4.4#4", is_take, ("nothing comes on the new connection within %d s"):format(UNBOUND), link)
  end
}
