-- scenarios/turn/lib_client.lua - the server that a case plays for a client under test. What passes is read by
-- scenarios/turn/lib.lua.
local client, server = {}, {}

-- The case plays the server: an actor stun.server that answers nothing by itself. Requests are events as in scenarios/
-- stun/lib.lua (client.server there); what comes by ChannelData is the event "channel".
function client.server(t, config)
  config = config or {}
  config.auth, config.channels = "long", true
  local a = t:lib("stun").client.server(t, config)
  t:spawn(function() -- what a client may ask beside: its address, and nothing, to keep a NAT open
    while true do
      local r = a:receive { timeout = 36000 / t.scale, where = function(ev)
        return ev.message ~= nil and ev.message.method == "binding"
      end }
      if not r.message then return end
      if r.message.class == "request" then
        a:reply { id = r.id, attributes = { { type = "XOR-MAPPED-ADDRESS", address = r.from } } }
      end
    end
  end)
  return setmetatable({ t = t, a = a, addr = a.addr, relayed = "192.0.2.15:50000", lifetime = 600, nonce = "f8a1",
    account = (t.profile.accounts or {})[1] or {} }, { __index = server })
end

-- Ask the IUT for an allocation at this server.
function server:ask(args)
  args = args or {}
  args.server, args.username, args.password = self.addr, self.account.username, self.account.password
  return self.t:ask_start("allocate", args)
end

-- Whether an event is a request of a method, or of any but Binding.
function client.is_request(method)
  return function(ev)
    local m = ev.event == "request" and ev.message
    return m and m.class == "request" and m.method == (method or m.method) and m.method ~= "binding" or false
  end
end

-- The next request, of a method where one is named; kind "timeout" without message: none.
function server:request(method, seconds)
  local r = self.a:receive { timeout = seconds or 10, where = client.is_request(method) }
  if r.message then self.last = r end
  return r
end

-- The next thing that the client sends towards a peer: via ("indication", "channel"), peer or channel, octets, event;
-- kind "timeout": nothing.
function server:data(seconds, where)
  local ev = self.a:receive { timeout = seconds or 5, where = function(ev)
    local sent = ev.event == "channel" or
      (ev.message and ev.message.class == "indication" and ev.message.method == "send")
    return sent and (not where or where(self.t:lib("turn").carried(ev)))
  end }
  if ev.kind == "timeout" then return ev end
  return self.t:lib("turn").carried(ev)
end

-- Answer by success, signed as the request is. bare: from now on there are no messages on this stream, and what comes
-- is the event "data" (RFC6062:3#a3).
function server:success(r, list, bare)
  local all, more = self.t:lib("stun").client.signed(r, list or {})
  more.id, more.class, more.attributes, more.bare = r.id, "success", all, bare
  return self.a:reply(more)
end

-- Answer by an error response; signed where the request is, unless 401 or 438 or `unsigned`.
function server:refuse(r, code, list, opts)
  local all = { { type = "ERROR-CODE", code = code, reason = "" } }
  for _, a in ipairs(list or {}) do all[#all + 1] = a end
  local more = {}
  local is_signed = r:attribute("MESSAGE-INTEGRITY") or r:attribute("MESSAGE-INTEGRITY-SHA256")
  if is_signed and code ~= 401 and code ~= 438 and not (opts and opts.unsigned) then
    all, more = self.t:lib("stun").client.signed(r, all)
  end
  more.id, more.class, more.attributes = r.id, "error", all
  return self.a:reply(more)
end

-- 401 or 438, with a nonce of its own.
function server:challenge(r, code, nonce)
  self.nonce = nonce or self.nonce .. "1"
  return self:refuse(r, code or 401, { { type = "REALM", value = self.account.realm or "interop.test" },
    { type = "NONCE", value = self.nonce } })
end

-- What a success response to Allocate has. opts: relayed (an address, or a list), lifetime, token, ticket.
function server:grant(r, opts)
  opts = opts or {}
  local list = {}
  local relayed = opts.relayed or self.relayed
  for _, at in ipairs(type(relayed) == "table" and relayed or { relayed }) do
    list[#list + 1] = { type = "XOR-RELAYED-ADDRESS", address = at }
  end
  list[#list + 1] = { type = "LIFETIME", value = opts.lifetime or self.lifetime }
  list[#list + 1] = { type = "XOR-MAPPED-ADDRESS", address = r.from }
  if opts.token then list[#list + 1] = { type = "RESERVATION-TOKEN", value = opts.token } end
  if opts.ticket then list[#list + 1] = { type = "MOBILITY-TICKET", value = opts.ticket } end
  return self:success(r, list)
end

-- The first Allocate request of the IUT; nil, with an inconclusive check, where none comes.
function server:first(seconds)
  local r = self:request("allocate", seconds)
  if r.message then return r end
  self.t:inconc("RFC8656:7.1#4", "the IUT was asked for an allocation and sent no Allocate request", r)
end

-- Lead the IUT to its first Allocate request with credentials; nil, with a check made, where it does not come so far.
function server:signed(asked, args)
  asked = asked or self:ask(args)
  local r = self:first()
  if not r then return nil end
  if not r:attribute("NONCE") then
    self:challenge(r)
    local id = r.message.transaction
    repeat r = self:request("allocate") until not r.message or r.message.transaction ~= id
  end
  if not self.t:check("RFC8656:5#1b", r.message and r:attribute("NONCE") ~= nil,
    "no Allocate request with credentials follows the challenge", r) then return nil end
  return r, asked
end

-- Give the IUT an allocation. opts as of grant, with `ask`: more of what is asked for. Returns what the IUT says of it
-- and the Allocate request that was granted; nil, with a check made, where it does not come so far.
function server:allocate(opts)
  opts = opts or {}
  local r, asked = self:signed(nil, opts.ask)
  if not r then return nil end
  self:grant(r, opts)
  local said = asked:wait(60)
  if not self.t:expect(said, { { success = true, clause = "RFC8656:7.3#1" } }, "a signed Allocate response") then
    return nil
  end
  return said, r
end

-- From now on every request is answered by success: Refresh with `lifetime`, deletions with 0. The table that is
-- returned has them in order, and by method.
function server:serve(lifetime)
  local seen = { n = 0 }
  self.t:spawn(function()
    while true do
      local r = self.a:receive { timeout = 36000 / self.t.scale, where = client.is_request() }
      if not r.message then return end
      self.last = r
      local method = r.message.method
      seen.n = seen.n + 1
      seen[seen.n] = r
      seen[method] = seen[method] or {}
      table.insert(seen[method], r)
      local asked = r:attribute("LIFETIME")
      if method == "allocate" then self:grant(r)
      elseif method == "refresh" then
        self:success(r, { { type = "LIFETIME",
          value = asked and asked.value == 0 and 0 or lifetime or self.lifetime } })
      else self:success(r) end
    end
  end)
  return seen
end

---------------------------------------------------------------- TCP allocations, RFC 6062

-- Give the IUT a TCP allocation; as of server:allocate. `from` of the request is the control connection.
function server:allocate_tcp() return self:allocate { ask = { tcp = true } } end

-- The Connect request of an IUT that was asked to `connect`, once what it asks before is granted; kind "timeout",
-- without message: none.
function server:connect_request(seconds)
  local r
  repeat
    r = self:request(nil, seconds)
    local before = r.message and r.message.method ~= "connect"
    if before then self:success(r) end
  until not before
  return r
end

-- The ConnectionBind request of an IUT; on a connection that is new it may wait for a challenge before it signs.
function server:take_request(seconds)
  local r = self:request("connection-bind", seconds)
  if not r.message or r:attribute("NONCE") then return r end
  self:challenge(r)
  return self:request("connection-bind", seconds)
end

-- Tell the client of `r` that a peer has connected.
function server:attempt(r, id, peer_at)
  return self.a:reply { id = r.id, class = "indication", method = "connection-attempt",
    attributes = { { type = "CONNECTION-ID", value = id }, { type = "XOR-PEER-ADDRESS", address = peer_at } } }
end

-- Have the IUT connect to a peer. Returns what it says, its ConnectionBind request, whose stream is the peer's from now
-- on, and its Allocate request; nil where it does not come so far, with a check made unless it does not connect at all.
function server:linked(peer_at)
  local said, control = self:allocate_tcp()
  if not said then return nil end
  local asked = self.t:ask_start("connect", { peer = peer_at })
  local r = self:connect_request()
  if not r.message then return nil end
  self:success(r, { { type = "CONNECTION-ID", value = 0x5a17c0de } })
  local take = self:take_request()
  if not self.t:check("RFC6062:4.3#6", take.message, "no ConnectionBind request follows a Connect success response",
    r) then return nil end
  self:success(take, {}, true)
  said = asked:wait(60)
  if not self.t:expect(said, { { success = true, clause = "RFC6062:3#a3" } }, "a data connection") then return nil end
  return said, take, control
end

-- What comes of the peer's octets on a data connection: as many, or fewer where no more come; and the last event.
function server:gather(take, n)
  local got, ev = "", { event = "data" }
  while #got < n and ev.event == "data" do
    ev = self.a:receive { timeout = 3, where = function(e)
      return e.event == "stray" or e.flow == take.flow and (e.event == "data" or e.event == "closed")
    end }
    got = got .. (ev.event == "data" and ev.octets or "")
  end
  return got, ev
end

-- A message to the client by the flow of its last request: octets, or a Data indication.
function server:octets(octets) return self.a:reply { id = self.last.id, octets = octets } end
function server:indicate(list)
  return self.a:reply { id = self.last.id, class = "indication", method = "data", attributes = list }
end
function server:from_peer(peer_at, octets)
  return self:indicate { { type = "XOR-PEER-ADDRESS", address = peer_at }, { type = "DATA", value = octets } }
end
function server:channel(number, octets, length)
  return self:octets(self.t:lib("turn").channel_data(self.t, number, octets, length))
end

return client
