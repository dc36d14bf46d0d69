-- TCP allocations: connections to peers and of peers, and what passes on them. RFC 6062 section 5.

local function lib(t) return t:lib("turn") end

local TCP = 6 -- REQUESTED-TRANSPORT
local NOBODY = "192.0.2.254:9" -- in the simulator no host, and nobody to say so
local PIECE = 32768

-- So many octets, of which no four that begin at a multiple of four are alike.
local function numbered(n, from)
  local list = {}
  for i = 0, n // 4 - 1 do list[#list + 1] = string.pack(">I4", (from or 0) + i) end
  return table.concat(list)
end

-- A peer with a permission connects to the relayed address; the peer's event, nil with a check made.
local function comes_in(t, k, p)
  local ev = p:connect(k.relayed)
  t:check("RFC6062:5.3#1", ev.event == "opened", "the connection of a peer is not accepted: " .. tostring(ev.why))
  if t:check("RFC6062:5.1#8", ev.event == "opened", "a peer connects to the relayed address: " .. tostring(ev.why),
    k.allocated) then return ev end
end

-- Octets pass both ways between a client and a peer.
local function passes(t, d, p, flow, clause, what)
  local out, back = lib(t).words("out"), lib(t).words("back")
  d:put(out)
  local got, ev = p:gather(flow, #out)
  t:check(clause, got == out, what .. ": what the client sends does not come to the peer", ev)
  p:put(flow, back)
  got, ev = d:gather(#back)
  t:check(clause, got == back, what .. ": what the peer sends does not come to the client", ev)
end

case {
  id = "turn-server-200",
  title = "an Allocate request for TCP gets a relayed address that takes TCP connections",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    t:check("RFC6062:5.1#7", not k.allocated:attribute("RESERVATION-TOKEN"), "RESERVATION-TOKEN in it", k.allocated)
    local p = lib(t).peer(t, { tcp = true })
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    if comes_in(t, k, p) then k:attempt() end
    k:leave()
  end
}

case {
  id = "turn-server-201",
  title = "an Allocate request for TCP over datagrams is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    if t.stream then t:skip("this is about datagrams") end
    local k = lib(t).client(t)
    lib(t).refused(t, k:allocate(nil, { transport = TCP }), 400, "RFC6062:5.1#4", "an Allocate request for TCP")
    k:leave()
  end
}

case {
  id = "turn-server-202",
  title = "DONT-FRAGMENT, EVEN-PORT and RESERVATION-TOKEN have no place in an Allocate request for TCP: 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    if not t.stream then t:skip("TCP allocations are for clients over TCP and TLS") end
    local first
    local ours = {
      { { type = "DONT-FRAGMENT" }, "RFC6062:5.1#5a" },
      { { type = "EVEN-PORT", value = 0 }, "RFC6062:5.1#5b" },
      { { type = "RESERVATION-TOKEN", value = "12345678" }, "RFC6062:5.1#5c" },
    }
    for i, one in ipairs(ours) do
      local k = first and first:another() or lib(t).client(t)
      first = first or k
      local r = lib(t).judged(t, k:allocate({ one[1] }, { transport = TCP }))
      local outcomes = { { error = 400, clause = one[2] } }
      -- a server without DONT-FRAGMENT does not know what it is: RFC8656:7.2#a5
      if i == 1 then outcomes[2] = { error = 420, clause = "RFC8656:7.2#a5" } end
      t:expect(r, outcomes, "an Allocate request for TCP with " .. one[1].type)
      k:leave()
    end
  end
}

case {
  id = "turn-server-203",
  title = "beside TCP allocations there are those for UDP: any other protocol is 442",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).client(t)
    lib(t).refused(t, k:allocate(nil, { transport = 132 }), 442, "RFC6062:5.1#1", "an Allocate request for SCTP")
    k:leave()
  end
}

case {
  id = "turn-server-204",
  title = "an Allocate request for UDP over a stream still gets a UDP allocation",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    if not t.stream then t:skip("this is about streams") end
    local k = lib(t).client(t)
    local r = lib(t).judged(t, k:allocate())
    if not t:expect(r, { { success = true, clause = "RFC6062:5.1#2" }, { error = 403, clause = "RFC6062:5.1#3" } },
      "an Allocate request for UDP") or r.kind ~= "success" then return end
    local p = lib(t).peer(t)
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    lib(t).relays(t, k, p, "RFC6062:5.1#2", "a datagram")
    k:leave()
  end
}

case {
  id = "turn-server-205",
  title = "Connect opens a connection from the relayed address to the peer, and names it by CONNECTION-ID",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id then return end
    t:check("RFC6062:5.2#a1", came.from == k.relayed,
      "the connection comes from " .. tostring(came.from) .. ", not from " .. k.relayed, came)
    t:check("RFC6062:5.2#a2", came["local"] == p.addr, "it came to " .. tostring(came["local"]), came)
    -- whether there has to be a permission is not said: RFC6062:5.2#a4
    local q = lib(t).peer(t, { tcp = true, apart = t.sim and 1 or nil })
    local r = k:connect(q.addr)
    t:expect(r, { { success = true, clause = "RFC6062:5.2#6" }, { error = 403, clause = "RFC6062:5.2#5" } },
      "Connect to a peer without a permission")
    if r.kind == "success" then q:accept() end
    k:leave()
  end
}

case {
  id = "turn-server-206",
  title = "after ConnectionBind octets pass both ways as they are",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    if not d then return end
    local out, back = numbered(65536), numbered(65536, 1 << 24)
    d:put(out)
    local got, ev = p:gather(came.flow, #out)
    t:check("RFC6062:5.4#3", got == out, #got .. " octets came to the peer of " .. #out .. ", or others", ev)
    p:put(came.flow, back)
    got, ev = d:gather(#back)
    t:check("RFC6062:5.4#4a", got == back, #got .. " octets came to the client of " .. #back .. ", or others", ev)
    k:leave()
  end
}

case {
  id = "turn-server-207",
  title = "what the peer sends before ConnectionBind is kept",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id then return end
    local early, later = numbered(2048), numbered(2048, 1 << 24)
    p:put(came.flow, early)
    t:pass(2)
    local r = k:refresh() -- its answer is what comes next on the control connection
    t:check("RFC6062:3#a2", r.kind == "success" or r.kind == "error", "data come on the control connection", r)
    if r.kind == "closed" then return end
    local d = k:another()
    if not t:expect(d:take(id), { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind") then return end
    p:put(came.flow, later)
    local got, ev = d:gather(#early + #later)
    t:check("RFC6062:5.4#4b", got:sub(1, #early) == early, "what came before the ConnectionBind request is lost", ev)
    t:check("RFC6062:5.4#4a", got:sub(-#later) == later, "what came after it is lost", ev)
    k:leave()
  end
}

case {
  id = "turn-server-208",
  title = "two connections of an allocation have names of their own, and their octets stay apart",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local a, b = lib(t).peer(t, { tcp = true }), lib(t).peer(t, { tcp = true })
    local one, came_a = lib(t).connected(t, k, a)
    local two, came_b = lib(t).connected(t, k, b)
    if not one or not two then return end
    t:check("RFC6062:6.2.1#a2", one ~= two, ("%#x names two connections"):format(one), k.allocated)
    if not t:check("RFC6062:5.2#11", one ~= two, ("both connections are %#x"):format(one), k.allocated) then return end
    local to_b, to_a = k:another(), k:another()
    t:expect(to_b:take(two), { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind to the second")
    t:expect(to_a:take(one), { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind to the first")
    passes(t, to_a, a, came_a.flow, "RFC6062:5.2#11", "on the first connection")
    passes(t, to_b, b, came_b.flow, "RFC6062:5.2#11", "on the second connection")
    k:leave()
  end
}

case {
  id = "turn-server-209",
  title = "Connect to a peer that there is a connection to, bound or not, is refused with 446",
  role = "turn-server",
  type = "I",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id then return end
    local again = k:connect(p.addr)
    t:expect(again, { { error = 446, clause = "RFC6062:5.2#3" } }, "Connect again, before ConnectionBind")
    t:check("RFC6062:6.3#a1", again.code == 446, "there is such a connection: no 446", again)
    t:check("RFC6062:3#a4", again.kind ~= "success" and p:accept(0.1).event ~= "accepted",
      "there are two connections to an address of the peer", again)
    local d = k:another()
    if not t:expect(d:take(id), { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind") then return end
    t:expect(k:connect(p.addr), { { error = 446, clause = "RFC6062:5.2#3" } }, "Connect again, after it")
    passes(t, d, p, came.flow, "RFC6062:5.4#3", "on the connection after that")
    k:leave()
  end
}

case {
  id = "turn-server-210",
  title = "Connect to a peer that is being connected to is refused with 446",
  role = "turn-server",
  type = "I",
  needs = { "accounts", "turn-tcp", "tcp", "virtual-time" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    if not lib(t).permitted(t, k:permit(NOBODY)) then return end
    t:spawn(function() k:connect(NOBODY) end)
    t:pass(1)
    t:expect(k:connect(NOBODY), { { error = 446, clause = "RFC6062:5.2#2" } }, "Connect while one is running")
    k:leave()
  end
}

case {
  id = "turn-server-211",
  title = "once a connection is closed there may be another one to the same peer",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    if not d then return end
    d:close()
    if not t:check("RFC6062:5.5#2", p:ended(came.flow).event, "the peer's connection stays open", came) then return end
    p:close(came.flow)
    t:pass(1)
    -- the same two ports may have to wait for what the first connection left on the way
    t:expect(k:connect(p.addr), { { success = true, clause = "RFC6062:5.2#3" },
      { error = 447, clause = "RFC6062:5.2#7", verdict = "inconc", note = "the ports are not free again" } },
      "Connect after the connection was closed")
    k:leave()
  end
}

case {
  id = "turn-server-212",
  title = "Connect without an address to connect to, or with what is none, is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    t:expect(k:connect(nil), { { error = 400, clause = "RFC6062:5.2#4a" } }, "Connect without XOR-PEER-ADDRESS")
    local r = k:request("connect", { { type = "XOR-PEER-ADDRESS", value = "\0\1" } })
    t:expect(r, { { error = 400, clause = "RFC6062:5.2#4b" } }, "Connect with XOR-PEER-ADDRESS of two octets")
    k:leave()
  end
}

case {
  id = "turn-server-213",
  title = "Connect on a connection without an allocation is refused with 437",
  role = "turn-server",
  type = "I",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).client(t)
    k:challenged()
    local p = lib(t).peer(t, { tcp = true })
    t:expect(k:connect(p.addr), { { error = 437, clause = "RFC6062:5.2#1" } }, "Connect without an allocation")
  end
}

case {
  id = "turn-server-214",
  title = "Connect to a port where nobody listens is refused with 447",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t) -- a UDP socket: nobody takes connections there
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    local r = k:connect(p.addr)
    t:expect(r, { { error = 447, clause = "RFC6062:5.2#7" } }, "Connect to a port that is closed")
    t:check("RFC6062:6.3#a2", r.code == 447, "the connection failed: no 447", r)
    k:leave()
  end
}

case {
  id = "turn-server-215",
  title = "a peer that does not answer is waited for 30 s at least, then Connect is refused with 447",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "turn-tcp", "tcp", "virtual-time" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    if not lib(t).permitted(t, k:permit(NOBODY)) then return end
    local began = t:now()
    local r = k:connect(NOBODY, { timeout_us = 180000000 })
    -- how long at most is not said
    if not t:expect(r, { { error = 447, clause = "RFC6062:5.2#7" },
      { kind = "timeout", clause = "RFC6062:5.2#8", verdict = "inconc", note = "no answer within 180 s" } },
      "Connect to a peer that does not answer") then return end
    local took = t:now() - began
    t:check("RFC6062:5.2#8", took >= 30, ("it gave up after %.1f s"):format(took), r)
    k:leave()
  end
}

case {
  id = "turn-server-216",
  title = "Connect to an address that the server forbids is refused with 403",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "turn-denied", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local r = k:connect(t.profile.turn.denied .. ":9")
    t:expect(r, { { error = 403, clause = "RFC6062:5.2#5" } }, "Connect to a forbidden address")
    k:leave()
  end
}

case {
  id = "turn-server-217",
  title = "the connection of a peer with a permission is told by a ConnectionAttempt indication, and may be bound",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    local ev = comes_in(t, k, p)
    if not ev then return end
    local told = k:attempt()
    if not t:check("RFC6062:5.3#a1", told.message, "no ConnectionAttempt indication", told) then return end
    local early = lib(t).words("early")
    p:put(ev.flow, early)
    t:pass(0.5)
    local from, id = told:attribute("XOR-PEER-ADDRESS"), told:attribute("CONNECTION-ID")
    local is = from and from.address == ev["local"]
    t:check("RFC6062:5.3#4a", is, "XOR-PEER-ADDRESS is " .. tostring(from and from.address) .. ", the peer is " ..
      tostring(ev["local"]), told)
    if not t:check("RFC6062:5.3#4b", id and id.value, "no CONNECTION-ID", told) then return end
    local d = k:another()
    local r = d:take(id.value)
    if not t:expect(r, { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind") then return end
    local got = d:gather(#early)
    t:check("RFC6062:5.3#2", got == early, "what the peer sent before ConnectionBind is lost", r)
    passes(t, d, p, ev.flow, "RFC6062:5.4#3", "on the connection of a peer")
    k:leave()
  end
}

case {
  id = "turn-server-218",
  title = "the connection of a peer without a permission is closed at once, and nobody is told",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local ev = p:connect(k.relayed)
    local open = ev.event == "opened" and p:ended(ev.flow, 2).kind == "timeout"
    t:check("RFC6062:5.3#3", not open, "the connection of a peer without a permission stays open", ev)
    lib(t).client_silent(t, k, "RFC6062:5.3#3", "the connection of a peer without a permission is told of")
    k:leave()
  end
}

case {
  id = "turn-server-219",
  title = "a connection that is not bound within 30 s is closed",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "turn-tcp", "tcp", "virtual-time" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p, q = lib(t).peer(t, { tcp = true }), lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id or not lib(t).permitted(t, k:permit(q.addr)) then return end
    local ev = comes_in(t, k, q)
    if not ev then return end
    k:attempt()
    local of = { { p, came, "RFC6062:5.2#12", "to the peer" }, { q, ev, "RFC6062:5.3#5", "of the peer" } }
    t:pass(25)
    for _, one in ipairs(of) do
      t:check(one[3], one[1]:ended(one[2].flow, 0).kind == "timeout", "the connection " .. one[4] ..
        " is closed before 30 s are over", one[2])
    end
    t:pass(15)
    for _, one in ipairs(of) do
      t:check(one[3], one[1]:ended(one[2].flow, 0).kind ~= "timeout", "the connection " .. one[4] ..
        " is open after 40 s", one[2])
    end
    t:expect(k:another():take(id), { { error = 400, clause = "RFC6062:5.4#2b" } }, "ConnectionBind after that")
    k:leave()
  end
}

case {
  id = "turn-server-220",
  title = "ConnectionBind over datagrams, without CONNECTION-ID or with one that nothing waits for is refused with 400",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp", "tcp", "udp" },
  run = function(t)
    if not t.stream then
      local k = lib(t).with_allocation(t) -- without one 437 would do as well: RFC8656:5#6a
      if not k then return end
      t:expect(k:take(0x12345678), { { error = 400, clause = "RFC6062:5.4#1" } }, "ConnectionBind over datagrams")
      k:leave()
      return
    end
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id then return end
    t:expect(k:another():take(nil), { { error = 400, clause = "RFC6062:5.4#2a" } },
      "ConnectionBind without CONNECTION-ID")
    t:expect(k:another():take(id ~ 0x5a5a5a5a), { { error = 400, clause = "RFC6062:5.4#2b" } },
      "ConnectionBind with a CONNECTION-ID of nothing")
    local d = k:another()
    if not t:expect(d:take(id), { { success = true, clause = "RFC6062:5.4#3" } }, "ConnectionBind") then return end
    t:expect(k:another():take(id), { { error = 400, clause = "RFC6062:5.4#2b" } },
      "ConnectionBind with a CONNECTION-ID that is bound")
    passes(t, d, p, came.flow, "RFC6062:5.4#3", "on the connection after that")
    k:leave()
  end
}

case {
  id = "turn-server-221",
  title = "a connection is bound for the user of the allocation alone",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local bob = lib(t).second_account(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p, q = lib(t).peer(t, { tcp = true }), lib(t).peer(t, { tcp = true })
    local id, came = lib(t).connected(t, k, p)
    if not id then return end
    -- how it is refused is not said
    t:expect(k:another({ account = bob }):take(id), { { error = 441, clause = "RFC6062:4.3#5" },
      { error = 400, clause = "RFC6062:4.3#5" }, { error = 403, clause = "RFC6062:4.3#5" },
      { closed = true, clause = "RFC6062:4.3#5" } }, "ConnectionBind of another user")
    local d = k:another()
    local r = d:take(id)
    if r.kind == "success" then
      passes(t, d, p, came.flow, "RFC6062:5.4#3", "on the connection after that")
    end -- else the connection is gone: what becomes of it is not said either
    id = lib(t).connected(t, k, q)
    if not id then return end
    t:expect(k:another():take(id, { unsigned = true }), { { error = 401, clause = "RFC8489:9.2.4#2" } },
      "ConnectionBind without credentials")
    k:leave()
  end
}

case {
  id = "turn-server-222",
  title = "when one side of a connection is closed the other one is closed too",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p, q = lib(t).peer(t, { tcp = true }), lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    local e, then_came = lib(t).joined(t, k, q)
    if not d or not e then return end
    local last = lib(t).words("last")
    d:put(last)
    d:close()
    local got, ev = p:gather(came.flow, #last)
    t:check("RFC6062:5.4#3", got == last, "what the client sent last is lost", ev)
    t:check("RFC6062:5.5#2", p:ended(came.flow).event, "the client has closed, and the peer's connection stays open",
      came)
    last = lib(t).words("last")
    q:put(then_came.flow, last)
    q:close(then_came.flow)
    got, ev = e:gather(#last)
    t:check("RFC6062:5.4#4a", got == last, "what the peer sent last is lost", ev)
    t:check("RFC6062:5.5#3", e:ended().event, "the peer has closed, and the client's connection stays open",
      then_came)
    lib(t).alive(t, k, "RFC6062:5.5#2")
    k:leave()
  end
}

-- Both sides of a connection are closed.
local function both_closed(t, d, p, flow, what)
  t:check("RFC6062:5.5#1", d:ended().event, what .. ": the client's connection stays open", d.allocated)
  t:check("RFC6062:5.5#1", p:ended(flow).event, what .. ": the peer's connection stays open", d.allocated)
end

case {
  id = "turn-server-223",
  title = "connections do not outlive their allocation",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    if not d then return end
    k:leave()
    both_closed(t, d, p, came.flow, "Refresh with LIFETIME 0")
    if not t.sim then return end
    k = lib(t).with_tcp(t)
    if not k then return end
    local q = lib(t).peer(t, { tcp = true })
    d, came = lib(t).joined(t, k, q)
    if not d then return end
    local lifetime = k.allocated:attribute("LIFETIME")
    t:pass((lifetime and lifetime.value or 600) + 10)
    both_closed(t, d, q, came.flow, "the lifetime is over")
  end
}

-- The i-th of many pieces.
local filler = ("0123456789abcdef"):rep(PIECE // 16):sub(5)
local function piece(i) return string.pack(">I4", i) .. filler end

-- Write pieces until the client's own side says that it cannot write any more; how many were written, and whether it
-- said so.
local function fill(t, d, most)
  for i = 1, most do
    d:put(piece(i))
    t:pass(0.002)
    local ev = d.c:receive { timeout = 0, where = function(ev) return ev.event == "full" and ev.flow == d.flow end }
    if ev.event == "full" then return i, true end
  end
  return most, false
end

-- Read so many pieces at the peer, in order; in words what is wrong, nil: nothing.
local function drain(p, flow, pieces)
  local have = ""
  for i = 1, pieces do
    local got, ev = p:gather(flow, PIECE - #have)
    have = have .. got
    if #have < PIECE then return ("%d octets of %d came"):format((i - 1) * PIECE + #have, pieces * PIECE), ev end
    if have:sub(1, PIECE) ~= piece(i) then
      return ("other octets came behind the first %d"):format((i - 1) * PIECE), ev
    end
    have = have:sub(PIECE + 1)
  end
end

case {
  id = "turn-server-224",
  title = "a peer that does not read stops the client, and nothing is lost",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    if not d then return end
    p:pause(came.flow)
    local pieces, full = fill(t, d, ((t.sim and 16 or 40) << 20) // PIECE)
    if not full and not t.sim then -- how much a server and its system hold is not said
      t:inconc("RFC6062:3#a5", "40 MiB were taken that the peer does not read", came)
    elseif not t:check("RFC6062:3#a5", full, "16 MiB were taken that the peer does not read", came) then
      return
    end
    p:resume(came.flow)
    local lost, ev = drain(p, came.flow, pieces)
    t:check("RFC6062:5.4#3", not lost, lost or "", ev)
    k:leave()
  end
}

case {
  id = "turn-server-225",
  title = "what looks like a TURN message on a bound connection is the peer's",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-tcp", "tcp" },
  run = function(t)
    local k = lib(t).with_tcp(t)
    if not k then return end
    local p = lib(t).peer(t, { tcp = true })
    local d, came = lib(t).joined(t, k, p)
    if not d then return end
    local refresh = string.pack(">I2I2I4", 0x0004, 0, 0x2112a442) .. "a Refresh id"
    d:put(refresh)
    local got, ev = p:gather(came.flow, #refresh)
    t:check("RFC6062:3#a3", got == refresh, "a Refresh request on a bound connection does not come to the peer", ev)
    got, ev = d:gather(1, 0.2)
    t:check("RFC6062:3#a3", got == "", "a Refresh request on a bound connection is answered", ev)
    passes(t, d, p, came.flow, "RFC6062:5.4#3", "on the connection after that")
    k:leave()
  end
}
