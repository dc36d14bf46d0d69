-- STUN over TCP: RFC 8489 sections 6.2.2 and 6.3.1.2.

case {
  id = "stun-server-040",
  title = "over TCP the mapped address is that of the connection",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) then return end
    if not t:expect(r, { { success = true, clause = "RFC8489:6.3.1.2#a4" } }, "a request over TCP") then return end
    local mapped = r:attribute("XOR-MAPPED-ADDRESS")
    if not t:check("RFC8489:6.3.1.1#a6", mapped ~= nil and mapped.address ~= nil, "no XOR-MAPPED-ADDRESS", r) then
      return
    end
    if not t:lib("stun").direct(t) then t:skip("the client's address as the server sees it is not known") end
    t:check("RFC8489:6.3.1.1#a8", mapped.address == r["local"], mapped.address .. " is not " .. r["local"], r)
  end
}

case {
  id = "stun-server-041",
  title = "of two connections each carries the answers to its own requests",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local one = c:request { class = "request", fresh = true }
    if one:refused(t) then return end
    if not t:expect(one, { { success = true, clause = "RFC8489:6.3.1.2#a1" } }, "the first connection") then return end
    local two = c:request { class = "request", fresh = true }
    if not t:expect(two, { { success = true, clause = "RFC8489:6.3.1.2#a1" } }, "the second connection") then return end
    for turn = 1, 2 do
      for n, flow in ipairs { one.flow, two.flow } do
        local r = c:request { class = "request", flow = flow }
        if r.kind == "closed" then
          t:check("RFC8489:6.2.2#6", false, "the server closed connection " .. n, r)
          return
        end
        if t:expect(r, { { success = true, clause = "RFC8489:6.3.1.2#a1" } }, "turn " .. turn) then
          t:check("RFC8489:6.3.1.2#a4", r.flow == flow, "the answer came on another connection", r)
        end
      end
    end
  end
}

case {
  id = "stun-server-042",
  title = "a connection that rests for half a minute is not closed by the server",
  role = "stun-server",
  type = "T",
  needs = { "tcp" },
  tags = { "slow" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    local closed = c:receive { timeout = 30, where = function(ev) return ev.kind == "closed" end }
    if not t:check("RFC8489:6.2.2#6", closed.kind ~= "closed", "the server closed an idle connection", closed) then
      return
    end
    r = c:request { class = "request", flow = r.flow }
    t:expect(r, { { success = true, clause = "RFC8489:6.2.2#6" } }, "a request after half a minute")
  end
}

case {
  id = "stun-server-043",
  title = "a client that has closed its connection is served on a new one",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    for turn = 1, 3 do
      local r = c:request { class = "request", fresh = true }
      if r:refused(t) then return end
      if not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "connection " .. turn) then return end
      c:close { flow = r.flow }
    end
    c:send { octets = "\0\1\0\0\x21\x12\xa4\x42half", fresh = true } -- and one that goes in the middle of a header
    local r = c:request { class = "request", fresh = true }
    t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "a connection beside a half request")
  end
}

case {
  id = "stun-server-044",
  title = "an indication on a stream is passed over, and the request behind it served",
  role = "stun-server",
  type = "I",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c.stream = true
    local r = c:exchange { octets = "\0\x11\0\0\x21\x12\xa4\x42indicationI." ..
      "\0\1\0\0\x21\x12\xa4\x42request-next" }
    if r.message and r.message.transaction == "indicationI." then
      t:check("RFC8489:6.3.2#a3", false, "the indication was answered", r)
      r = c:receive { timeout = 5, where = function(ev) return ev.message ~= nil or ev.kind == "closed" end }
      if r.message and (r.message.class == "success" or r.message.class == "error") then r.kind = r.message.class end
    end
    if r:refused(t) then return end
    if r.kind == "closed" then
      t:check("RFC8489:6.2.2#7", false, "the connection was closed while a response was due", r)
      return
    end
    if t:expect(r, { { success = true, clause = "RFC8489:6.2.2#a2" } }, "the request behind an indication") then
      t:check("RFC8489:5#6", r.message.transaction == "request-next", "the transaction id is another", r)
    end
    t:silence(c, "RFC8489:6.3.2#a3", "the indication") -- its answer may come last
  end
}

case {
  id = "stun-server-046",
  title = "eight requests in a row on a stream are answered once each, in whatever order",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local octets, due = {}, {}
    for i = 1, 8 do
      local id = ("pipeline-%03d"):format(i)
      octets[i] = "\0\1\0\0\x21\x12\xa4\x42" .. id
      due[id] = true
    end
    c:send { octets = table.concat(octets) }
    for _ = 1, 8 do
      local r = c:receive { timeout = 5 }
      if r.kind == "closed" then
        t:check("RFC8489:6.2.2#7", false, "the connection was closed while responses were due", r)
        return
      end
      if not r.message then
        t:check("RFC8489:6.3.1#a4", false, "not every request in a row was answered", r)
        return
      end
      t:check("RFC8489:5#6", due[r.message.transaction] == true, "an answer to no request, or a second one", r)
      due[r.message.transaction] = nil
    end
    t:check("RFC8489:6.3.1#a4", next(due) == nil, "not every request in a row was answered")
    t:sanity(c, "RFC8489:6.3.1#a4")
  end
}

case {
  id = "stun-server-222",
  title = "a server never connects to its client, not even where it cannot answer otherwise",
  role = "stun-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    t:allow(c)
    local function knocked(ev) return ev.event == "accepted" end
    local near = t.target:match("^127%.") or t.target:match("^%[::1%]")
    if t.relayed or not (t.sim or near) then t:skip("the address that the server sees is not the client's own") end
    local any = t.family == "ip6" and "[::1]:0" or "127.0.0.1:0"
    if t.sim then any = t.family == "ip6" and "[::]:0" or "0.0.0.0:0" end
    local r = c:request { class = "request", ["local"] = any }
    if r.kind == "closed" or not c.addr then
      t:inconc("RFC8489:6.2.2#8", "there is no connection to the server", r)
      return
    end
    c:listen { ["local"] = c.addr } -- the port of the connection: where the server knows its client
    local failed = c:receive { timeout = 0.05, where = function(ev) return ev.kind == "closed" end }
    if failed.kind == "closed" then t:skip("the client cannot listen on the port of its connection") end
    c:request { class = "request", flow = r.flow }
    c:send { class = "request", flow = r.flow }
    c:close { flow = r.flow } -- before it is answered
    t:never(c, 1, knocked, "RFC8489:6.2.2#8", "the server opened a connection to the client")
    t:sanity(c, "RFC8489:6.2.2#8")
  end
}
