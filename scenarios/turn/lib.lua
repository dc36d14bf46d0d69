-- scenarios/turn/lib.lua - clients, peers and what passes between them, for cases of TURN.
--
-- A client is an actor of STUN (scenarios/stun/lib.lua has its events and credentials) with what a client of TURN
-- keeps: the challenge, its allocation. A peer is the actor turn.peer.
local lib, client = {}, {}

local UDP = 17 -- REQUESTED-TRANSPORT
local TCP = 6

---------------------------------------------------------------- addresses

-- The IP address and the port of "192.0.2.1:9" or "[2001:db8::1]:9".
function lib.ip(address) return (address:gsub(":%d+$", "")) end
function lib.port(address) return tonumber(address:match(":(%d+)$")) end
-- The same address with another port.
function lib.at(address, port) return lib.ip(address) .. ":" .. port end
function lib.family(address) return address:find("^%[") and 6 or 4 end

-- Where a peer of the family listens: any address in the simulator; live the loopback, or the address that this
-- host uses to speak to the target. `apart`: another one than that, of IPv4 on the loopback alone.
local function place(t, family, apart)
  if t.sim then return family == 6 and "[::]:0" or "0.0.0.0:0" end
  local loopback = t.target:match("^127%.") or t.target:match("^%[::1%]")
  if loopback and family == 4 then return apart and "127.0.0." .. 1 + apart .. ":0" or "127.0.0.1:0" end
  if apart then t:skip("this host has no second address of the family for a peer") end
  if loopback then return "[::1]:0" end
  local c = t:actor("client", "stun")
  local r = c:request { class = "request" }
  local own = r["local"]
  if not own or lib.family(own) ~= family then t:skip("no address of the family is known that a peer could have") end
  return lib.at(own, 0)
end

---------------------------------------------------------------- peers

local peer = {}

-- A peer. opts: family (4 unless told: the relayed address is of IPv4 where nobody asks), tcp (it listens for
-- connections), apart (1, 2 ...: its IP address is no other peer's; live that needs the loopback of IPv4), host (in the
-- simulator, its own address).
function lib.peer(t, opts)
  opts = opts or {}
  local listen = place(t, opts.family or 4, opts.apart)
  local a = t:actor("peer", "turn", { listen = listen, tcp = opts.tcp, host = opts.host })
  return setmetatable({ t = t, a = a, addr = a.addr, first = 1 }, { __index = peer })
end

-- One more UDP socket of the peer: its flow and its address.
function peer:open()
  local ev = self.a:open {}
  return ev.flow, ev["local"]
end

-- Send octets to an address. more: flow, tos, ttl, dont_fragment.
function peer:send(to, octets, more)
  local args = more or {}
  args.to, args.octets = to, octets
  return self.a:send(args)
end

-- The next datagram that comes: an event with octets, from, local, tos, ttl; kind "timeout": none.
function peer:receive(seconds, where)
  return self.a:receive { timeout = seconds or 2, where = function(ev)
    return ev.event == "data" and (not where or where(ev))
  end }
end

-- What came and was not asked for.
function peer:pending()
  local out = {}
  for _, ev in ipairs(self.a:pending()) do
    if ev.event == "data" then out[#out + 1] = ev end
  end
  return out
end

-- Of TCP peers, whose connections are named by their flow: one to an address, the event "opened" with flow and local,
-- or "closed".
function peer:connect(to) return self.a:connect { to = to } end

-- The next connection that comes: an event with flow, from, local; kind "timeout": none.
function peer:accept(seconds)
  return self.a:receive { timeout = seconds or 2, where = function(ev) return ev.event == "accepted" end }
end

-- Octets on a connection; its reading stopped and resumed; its end.
function peer:put(flow, octets) return self.a:send { flow = flow, octets = octets } end
function peer:pause(flow) return self.a:pause { flow = flow } end
function peer:resume(flow) return self.a:resume { flow = flow } end
function peer:close(flow) return self.a:close { flow = flow } end

-- What comes on a connection until there are n octets, or it ends, or for so long nothing comes: the octets, and the
-- last event.
local function gathered(next_event, n)
  local list, have, ev = {}, 0, nil
  while have < n do
    ev = next_event()
    if not ev.octets or #ev.octets == 0 then break end
    list[#list + 1] = ev.octets
    have = have + #ev.octets
  end
  return table.concat(list), ev
end
function peer:gather(flow, n, seconds)
  return gathered(function()
    return self.a:receive { timeout = seconds or 2, where = function(ev) return ev.flow == flow end }
  end, n)
end

-- The end of a connection, by FIN or RST, behind whatever came; kind "timeout": it stays open.
function peer:ended(flow, seconds)
  return self.a:receive { timeout = seconds or 5, where = function(ev)
    return ev.flow == flow and (ev.event == "eof" or ev.event == "closed")
  end }
end

---------------------------------------------------------------- clients

-- A client. config: account (the profile's first unless told), plain (nothing of RFC 8489: no PASSWORD-ALGORITHM),
-- actor (its configuration), over (a client whose actor it shares: it has a source port of its own there).
function lib.client(t, config)
  config = config or {}
  local actor = config.actor or {}
  actor.channels = true
  local c = config.over and config.over.c or t:actor("client", "stun", actor)
  local k = setmetatable({ t = t, c = c, fresh = config.over ~= nil, plain = config.plain,
    account = config.account or (t.profile.accounts or {})[1] or {} }, { __index = client })
  c.sane = nil
  return k
end

-- A second account: one with another name; the case is skipped where the profile has none.
function lib.second_account(t)
  local all = t.profile.accounts or {}
  for i = #all, 2, -1 do
    if all[i].username ~= all[1].username and not all[i].username:find("[\x80-\xff]") then return all[i] end
  end
  t:skip("the profile has one account alone")
end

-- Put the flow of this client into the arguments of a verb.
local function on_flow(k, args)
  args.flow, args.fresh = k.flow, k.fresh and not k.flow or nil
  return args
end

local function transaction(k, args)
  local r = k.c:request(on_flow(k, args))
  if k.fresh and r.flow then k.flow = r.flow end
  return r
end

-- A transaction with what is given, nothing else; the answer. Where the very first Allocate request is answered by 437,
-- the server still has the allocation of an earlier case, whose port the host has given again: once more, from another.
function client:raw(args)
  args.class = args.class or "request"
  local r = transaction(self, args)
  if args.method == "allocate" and not self.asked and r.code == 437 then
    self.fresh, self.flow = true, nil
    r = transaction(self, args)
  end
  self.asked = self.asked or args.method == "allocate"
  return r
end

-- The arguments of a request under this client's credentials, as far as it has been challenged. opts: see
-- event.credentials of scenarios/stun/lib.lua; unsigned: without credentials.
function client:form(method, attributes, opts)
  opts = opts or {}
  if not self.challenge or opts.unsigned then
    return { class = "request", method = method, attributes = attributes or {}, transaction = opts.id }
  end
  local o = {}
  for key, v in pairs(opts) do o[key] = v end
  o.extra, o.plain = attributes, self.plain or opts.plain
  local args = self.challenge:credentials(opts.account or self.account, o)
  if not args then
    self.t:inconc("RFC8489:9.2.4#a8", "the server asks for an algorithm that is not known", self.challenge)
    return nil
  end
  args.method = method
  return args
end

-- A request; one 401 (to a request without credentials) and one 438 are answered as a client does (RFC8489:9.2.5).
-- opts as above; once: what comes first is what counts; bare, timeout_us: of the verb.
function client:request(method, attributes, opts)
  opts = opts or {}
  local r
  for _ = 1, 3 do
    local had = self.challenge
    local args = self:form(method, attributes, opts)
    if not args then return { kind = "none" } end
    args.bare, args.timeout_us = opts.bare, opts.timeout_us
    r = self:raw(args)
    local follow = not opts.once and not opts.unsigned and r.kind == "error" and r:attribute("NONCE") and
      ((r.code == 401 and not had) or (r.code == 438 and not opts.nonce))
    if not follow then break end
    self.challenge = r
  end
  return r
end

-- The challenge, without an allocation: from an Allocate request that the server refuses.
function client:challenged()
  local r = self:raw { method = "allocate", attributes = { { type = "REQUESTED-TRANSPORT", value = UDP } } }
  if r.code == 401 and r:attribute("NONCE") then self.challenge = r end
  return r
end

-- Allocate with REQUESTED-TRANSPORT for UDP and more attributes; the answer. A redirection, which a server may give
-- to one client and not to another, is asked about once more. opts.transport: another protocol; false: without that
-- attribute.
function client:allocate(attributes, opts)
  local list, transport = {}, opts and opts.transport
  if transport ~= false then list[1] = { type = "REQUESTED-TRANSPORT", value = transport or UDP } end
  for _, a in ipairs(attributes or {}) do list[#list + 1] = a end
  local r = self:request("allocate", list, opts)
  if r.code == 300 and not (opts and opts.once) then r = self:request("allocate", list, opts) end
  self:learn(r)
  return r
end

-- What a success response to Allocate says.
function client:learn(r)
  if r.kind ~= "success" then return end
  self.relayed, self.relayed6 = nil, nil
  for _, a in ipairs(r:attributes("XOR-RELAYED-ADDRESS")) do
    if a.address and lib.family(a.address) == 6 then self.relayed6 = a.address else self.relayed = a.address end
  end
  self.relayed = self.relayed or self.relayed6
  self.allocated = r
end

-- What a server may say at any point to an Allocate request (RFC8656:7.2#5, #7, #9, #a12): it has nothing to show then.
local busy = { [300] = "redirects", [440] = "has no IPv4 to relay by", [486] = "has a quota",
  [508] = "has no capacity" }

-- The answer to an Allocate request; the case is skipped where that is one of those, unless it is `but`.
function lib.judged(t, r, but)
  if r.kind == "error" and busy[r.code] and r.code ~= but then
    t:skip("the server " .. busy[r.code] .. ": it answers an Allocate request with " .. r.code)
  end
  return r
end

-- The same for a request with which nothing is wrong: administrative restrictions may forbid it (RFC8656:19#a1).
function lib.granted(t, r, but)
  if r.code == 403 then t:skip("the server forbids this allocation: it answers an Allocate request with 403") end
  return lib.judged(t, r, but)
end

-- Whether `r` is a success response to Allocate, checked.
function lib.allocated(t, r, clause, what)
  return t:expect(lib.granted(t, r), { { success = true, clause = clause or "RFC8656:7.2#a28" } },
    what or "an Allocate request")
end

-- Whether an Allocate request is refused with `code`, checked.
function lib.refused(t, r, code, clause, what)
  return t:expect(lib.judged(t, r, code), { { error = code, clause = clause } }, what)
end

-- The case is skipped where the server ignores ADDITIONAL-ADDRESS-FAMILY, as one that does not know it may
-- (RFC8489:14#a4). That it knows it shows by either what it refuses or what it grants: one of them may be broken.
function lib.knows_additional(t)
  for value = 1, 2 do
    local k = lib.client(t)
    local r = k:allocate { { type = "ADDITIONAL-ADDRESS-FAMILY", value = value } }
    k:leave()
    if (value == 1 and r.code == 400) or #r:attributes("XOR-RELAYED-ADDRESS") == 2 or
      r:attribute("ADDRESS-ERROR-CODE") then return end
  end
  t:skip("the server ignores ADDITIONAL-ADDRESS-FAMILY")
end

-- A client with an allocation; nil, with a check made, where none comes about. attributes: of Allocate.
function lib.with_allocation(t, config, attributes)
  local k = lib.client(t, config)
  local r = k:allocate(attributes)
  if not lib.allocated(t, r) then return nil end
  if not t:check("RFC8656:7.2#a28", k.relayed ~= nil, "no XOR-RELAYED-ADDRESS", r) then return nil end
  return k
end

-- Refresh; seconds nil: without LIFETIME.
function client:refresh(seconds, attributes, opts)
  local list = {}
  if seconds then list[1] = { type = "LIFETIME", value = seconds } end
  for _, a in ipairs(attributes or {}) do list[#list + 1] = a end
  return self:request("refresh", list, opts)
end

-- Have the allocation deleted at the end of a case, so that the server has it no longer.
function client:leave() return self:refresh(0) end

-- The attribute that names a peer.
function lib.to(address) return { type = "XOR-PEER-ADDRESS", address = address } end

-- CreatePermission for one address, or a list of them; opts: see client:request.
function client:permit(peers, opts)
  local list = {}
  for i, at in ipairs(type(peers) == "table" and peers or { peers }) do list[i] = lib.to(at) end
  return self:request("create-permission", list, opts)
end

-- ChannelBind.
function client:bind(number, address, opts)
  return self:request("channel-bind", { { type = "CHANNEL-NUMBER", value = number }, lib.to(address) }, opts)
end

-- Whether `r` is the success response to CreatePermission or ChannelBind for a peer of lib.peer, checked against
-- `clause`. A server may forbid any address (403, RFC8656:10.2#3a, 12.2#2a) and have no room (508), and has nothing to
-- show then: the case is skipped.
function lib.permitted(t, r, clause, what)
  if r.code == 403 then t:skip("the server forbids the address of this host's peers (403)") end
  if r.code == 508 then t:skip("the server has no room for a permission or channel (508)") end
  return t:expect(r, { { success = true, clause = clause or "RFC8656:10.2#a6" } }, what or "a permission for a peer")
end

-- A client with an allocation, and a peer with a permission; nil, with a check made, where that does not come about.
function lib.with_permission(t, config, attributes, peer_opts)
  local k = lib.with_allocation(t, config, attributes)
  if not k then return nil end
  local p = lib.peer(t, peer_opts)
  if lib.permitted(t, k:permit(p.addr)) then return k, p end
end

-- A client with an allocation, and a peer whose address is bound to a channel; nil, with a check made, where that does
-- not come about.
function lib.with_channel(t, number)
  local k = lib.with_allocation(t)
  if not k then return nil end
  local p = lib.peer(t)
  if lib.permitted(t, k:bind(number, p.addr), "RFC8656:12.2#a7", "ChannelBind for a peer") then return k, p end
end

---------------------------------------------------------------- TCP allocations, RFC 6062

-- A client with a TCP allocation; nil, with a check made, where none comes about. The case is skipped over datagrams.
function lib.with_tcp(t)
  if not t.stream then t:skip("TCP allocations are for clients over TCP and TLS") end
  local k = lib.client(t)
  local r = k:allocate(nil, { transport = TCP })
  if not lib.allocated(t, r, "RFC6062:5.1#6", "an Allocate request for TCP") then return nil end
  if not t:check("RFC6062:5.1#6", k.relayed ~= nil, "no XOR-RELAYED-ADDRESS", r) then return nil end
  k.flow = r.flow -- the control connection
  return k
end

-- Connect, which may take a peer's time to answer.
function client:connect(address, opts)
  opts = opts or {}
  opts.timeout_us = opts.timeout_us or math.floor(20e6 * self.t.scale)
  return self:request("connect", address and { lib.to(address) } or {}, opts)
end

-- The next ConnectionAttempt indication; kind "timeout": none.
function client:attempt(seconds)
  return self.c:receive { timeout = seconds or 2, where = function(ev)
    local m = ev.message
    return m and m.class == "indication" and m.method == "connection-attempt" or false
  end }
end

-- A second connection of the client, for data, under the challenge of the first (RFC6062:4.3#5); config: account.
function client:another(config)
  config = config or {}
  config.over, config.account = self, config.account or self.account
  local k = lib.client(self.t, config)
  k.challenge = self.challenge
  return k
end

-- ConnectionBind on this connection; id nil: without CONNECTION-ID.
function client:take(id, opts)
  opts = opts or {}
  opts.bare = true
  return self:request("connection-bind", id and { { type = "CONNECTION-ID", value = id } } or {}, opts)
end

-- Once it is bound: octets to the peer, and what comes of it, as of peer:gather; the end of the connection.
function client:put(octets)
  for at = 1, #octets, 32768 do self.c:send { flow = self.flow, octets = octets:sub(at, at + 32767) } end
end
function client:gather(n, seconds)
  return gathered(function()
    return self.c:receive { timeout = seconds or 2, where = function(ev)
      return ev.flow == self.flow and ev.event == "message"
    end }
  end, n)
end
function client:ended(seconds)
  return self.c:receive { timeout = seconds or 5, where = function(ev)
    return ev.flow == self.flow and ev.kind == "closed"
  end }
end
function client:close() return self.c:close { flow = self.flow } end

-- A connection from the relayed address to a TCP peer: its CONNECTION-ID, and the peer's event "accepted"; nil, with a
-- check made, where it does not come about.
function lib.connected(t, k, p)
  if not lib.permitted(t, k:permit(p.addr)) then return nil end
  local r = k:connect(p.addr)
  if r.code == 403 then t:skip("the server forbids connections to this host's peers (403)") end
  if not t:expect(r, { { success = true, clause = "RFC6062:5.2#6" } }, "Connect to a peer that listens") then
    return nil
  end
  local id = r:attribute("CONNECTION-ID")
  if not t:check("RFC6062:5.2#10", id and id.value, "Connect succeeds without CONNECTION-ID", r) then return nil end
  local came = p:accept()
  if not t:check("RFC6062:5.2#6", came.event == "accepted", "no connection came to the peer", r) then return nil end
  return id.value, came
end

-- The same, bound to a connection of the client, which is returned with the peer's event; nil as above.
function lib.joined(t, k, p)
  local id, came = lib.connected(t, k, p)
  if not id then return nil end
  local d = k:another()
  local r = d:take(id)
  if not t:expect(r, { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind") then return nil end
  return d, came, id
end

-- A Send indication. attributes: in place of XOR-PEER-ADDRESS and DATA where address is nil, else after them.
function client:send(address, octets, attributes)
  local list = address and { lib.to(address), { type = "DATA", value = octets } } or {}
  for _, a in ipairs(attributes or {}) do list[#list + 1] = a end
  return self:indicate("send", list)
end

function client:indicate(method, list)
  return self.c:send(on_flow(self, { class = "indication", method = method, attributes = list }))
end

-- The octets of ChannelData: padded on streams (RFC8656:12.5#2); length: in place of the true one.
function lib.channel_data(t, number, octets, length)
  local pad = t.stream and -#octets % 4 or 0
  return string.pack(">I2I2", number, length or #octets) .. octets .. ("\0"):rep(pad)
end

-- ChannelData, or any octets, on the client's flow. more: split.
function client:channel(number, octets, length)
  return self:octets(lib.channel_data(self.t, number, octets, length))
end
function client:octets(octets, more)
  local args = more or {}
  args.octets = octets
  return self.c:send(on_flow(self, args))
end

local function is_data(ev)
  return ev.codec == "ChannelData" or
    (ev.message and ev.message.class == "indication" and ev.message.method == "data") or false
end

-- What a message from the relay carries: via ("indication", "channel"), octets, peer or channel, event; icmp: the
-- ICMP attribute. Fields are nil where the message lacks them.
function lib.carried(ev)
  local out = { event = ev, frame = ev.frame, kind = "data" }
  if ev.codec == "ChannelData" then
    out.via = "channel"
    if #ev.octets >= 4 then
      local number, length = string.unpack(">I2I2", ev.octets)
      out.channel, out.length, out.octets = number, length, ev.octets:sub(5, 4 + length)
      out.padding = ev.octets:sub(5 + length)
    end
    return out
  end
  local from, data = ev:attribute("XOR-PEER-ADDRESS"), ev:attribute("DATA")
  out.via, out.peer, out.octets = "indication", from and from.address, data and data.value
  out.icmp = ev:attribute("ICMP")
  return out
end

-- The next Data indication or ChannelData on this client's flow, as lib.carried has it; kind "timeout": none.
function client:receive(seconds, where)
  local ev = self.c:receive { timeout = seconds or 2, where = function(ev)
    return is_data(ev) and (not self.flow or ev.flow == self.flow) and (not where or where(ev))
  end }
  if ev.kind == "timeout" then return ev end
  return lib.carried(ev)
end

-- All such that have come.
function client:pending()
  local out = {}
  while true do
    local ev = self:receive(0)
    if ev.kind == "timeout" then return out end
    out[#out + 1] = ev
  end
end

---------------------------------------------------------------- what passes

local spoken = 0
-- Octets that no other message of the case has.
function lib.words(tag)
  spoken = spoken + 1
  return ("%s-%04d"):format(tag or "data", spoken)
end

-- Give a datagram that is on its way the time to arrive: for what must not.
local function settle(t) t:pass(0.05 * t.scale) end

-- The peer gets exactly these octets from the relayed address, once; checked against `clause`.
function lib.reaches(t, _, p, clause, octets, what)
  local ev = p:receive(2, function(e) return e.octets == octets end)
  if ev.kind == "timeout" then
    local other = p:pending()
    return t:check(clause, false, what .. (other[1] and ": other octets came out" or ": nothing came out"), other[1])
  end
  return t:check(clause, true, what, ev)
end

-- The client gets exactly these octets; the message that carries them, or nil with the check failed.
function lib.comes_back(t, k, clause, octets, what)
  local got = k:receive(2, function(ev) return lib.carried(ev).octets == octets end)
  if got.kind == "timeout" then
    local other = k:pending()
    t:check(clause, false, what .. (other[1] and ": other octets came" or ": nothing came"),
      other[1] and other[1].event)
    return nil
  end
  t:check(clause, true, what, got.event)
  return got
end

-- ChannelData on a channel that is bound reaches the peer; checked against `clause`.
function lib.channel_reaches(t, k, p, number, clause, what)
  local words = lib.words("channel")
  k:channel(number, words)
  return lib.reaches(t, k, p, clause, words, what)
end

-- The peer sends (from `flow`, unless its first), and the client gets it by this channel (number), or (nil) by a Data
-- indication; checked against `clause`.
function lib.comes_by(t, k, p, number, clause, what, flow)
  local words = lib.words("peer")
  p:send(k.relayed, words, { flow = flow })
  local got = k:receive(2, function(ev) return lib.carried(ev).octets == words end)
  local how = not got.via and "nothing came" or got.via == "indication" and "a Data indication came" or
    ("ChannelData of %#x came"):format(got.channel)
  t:check(clause, got.via and got.channel == number, what .. ": " .. how, got.event)
  return got
end

-- A signed exchange on the client's flow that shows that the server lives, and has processed what came before; nil,
-- with an inconclusive check, where it is silent.
function lib.alive(t, k, clause)
  local r = k:request("create-permission", { lib.to(lib.family(k.relayed or "0.0.0.0:0") == 6 and "[2001:db8::fe]:9" or
    "192.0.2.254:9") })
  if r.kind == "success" or r.kind == "error" then return r end
  t:inconc(clause, "the server does not answer any more (" .. tostring(r.kind) .. ")", r)
  return nil
end

-- Nothing comes out at the peer: checked after an exchange that shows the server alive.
function lib.peer_silent(t, k, p, clause, what)
  local r = lib.alive(t, k, clause)
  settle(t)
  local came = p:pending()
  if came[1] then return t:check(clause, false, what, came[1]) end
  return r and t:check(clause, true, what, r)
end

-- Nothing comes to the client: neither data nor an answer that was not asked for. An answer once more is none: a
-- request may have been sent again.
function lib.client_silent(t, k, clause, what)
  settle(t)
  local r = lib.alive(t, k, clause)
  settle(t)
  local heard
  for _, ev in ipairs(k.c:pending()) do
    local again = ev.octets and k.c.seen[ev:key()] -- an answer that came twice: its request was retransmitted
    if ev.octets and not again and (not k.flow or ev.flow == k.flow) then heard = heard or ev end
  end
  if heard then return t:check(clause, false, what, heard) end
  return r and t:check(clause, true, what, r)
end

-- A datagram goes to the peer by a Send indication and one comes back, octet for octet: the relay works.
function lib.relays(t, k, p, clause, what)
  local out, back = lib.words("out"), lib.words("back")
  k:send(p.addr, out)
  local ok = lib.reaches(t, k, p, clause, out, what .. ", to the peer")
  p:send(k.relayed, back)
  return lib.comes_back(t, k, clause, back, what .. ", from the peer") ~= nil and ok
end

---------------------------------------------------------------- for the templates of t:lib("robust")

lib.robust = { derived = { length = true, cookie = true, padding = true, transaction = true } }

function lib.robust.actor(t) return t:actor("client", "stun", { channels = true }) end

function lib.robust.id(octets) return #octets >= 20 and octets:sub(9, 20) or nil end

function lib.robust.with_id(octets, n) return octets:sub(1, 8) .. ("bad%09d"):format(n) .. octets:sub(21) end

function lib.robust.answer(ev)
  local m = ev.message
  if not m then return "what is no message" end
  return m.class == "success" or m.class == "error" or "a message of class " .. tostring(m.class)
end

-- Refresh without anything: challenged, or refused for want of an allocation, or granted; it harms none.
function lib.robust.exchange(_, c, args, n)
  local id = ("alive%07d"):format(n)
  args.class, args.method, args.transaction = "request", "refresh", id
  return { id = id, answer = c:request(args) }
end

---------------------------------------------------------------- a client under test

-- What a user of a client can ask for, and with what: `allocate` also with family (4, 6, 46: both in one allocation),
-- lifetime, even_port, pair, dont_fragment, token, uri, mobility (a ticket), tcp (a TCP allocation, RFC 6062);
-- `send` with indication (not by the channel), or with connection in place of the peer. `receive`: what comes next from
-- a peer. `move`: to another transport address of its own, by the ticket. `connect`: to a peer, on a TCP allocation;
-- the answer names the connection. `close`: that connection.
lib.asks = {
  ["turn-client"] = {
    first = "allocate",
    allocate = { "server", "username", "password", "family", "lifetime", "even_port", "pair", "dont_fragment", "token",
      "uri", "mobility", "tcp" },
    refresh = { "allocation", "lifetime" },
    permit = { "allocation", "peer", "peers" },
    bind = { "allocation", "peer" },
    send = { "allocation", "peer", "data", "indication", "connection" },
    receive = { "timeout_us" },
    forget = { "allocation", "peer" },
    release = { "allocation" },
    move = { "allocation" },
    connect = { "allocation", "peer" },
    close = { "allocation", "connection" },
  },
}

-- The case plays the server: see scenarios/turn/lib_client.lua.
function lib.server(t, config) return t:lib("turn_client").server(t, config) end

return lib
