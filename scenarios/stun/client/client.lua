-- What a STUN client sends: RFC 8489 sections 5, 6.1, 6.2.2.
-- The IUT is asked by the upper tester; the case plays the server.

case {
  id = "stun-client-001",
  title = "a Binding request is well formed, and its success response is understood",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s, nil, true)
    if not r then return end
    local m = r.message
    t:check("RFC8489:5#3", m.cookie == 0x2112a442, "the magic cookie is not 0x2112a442", r)
    t:check("RFC8489:5#7", m.length == #r.octets - 20, "the length does not fit", r)
    t:check("RFC8489:6.1#2a", m.class == "request" or m.class == "indication", "the class is " .. tostring(m.class), r)
    t:check("RFC8489:5#a5", m.method == "binding", "the method is " .. tostring(m.method), r)
    lib.reply(s, r)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3.3#a2" } }, "a valid success response")
  end
}

case {
  id = "stun-client-003",
  title = "a response with another transaction id is dropped, the right one after it is taken",
  role = "stun-client",
  type = "I",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.refuse(s, r, 420, {}, { transaction = "nobody's-id!" })
    lib.reply(s, r, nil, { after_us = 50000 })
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3#a6" } },
      "an error response of no transaction, then the right one")
  end
}

case {
  id = "stun-client-005",
  title = "transactions have ids of their own, and nothing in them repeats",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local ids, from = {}, {}
    for i = 1, 4 do
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      local id = r.message.transaction
      for k, earlier in ipairs(ids) do
        if earlier == id then -- lawful only for a request that is the same bit for bit, from the same address
          t:check("RFC8489:5#5b", from[k].octets == r.octets and from[k].from == r.from,
            "transaction " .. i .. " has the id of transaction " .. k .. ", but is another request", r)
        else
          t:check("RFC8489:5#5b", true)
        end
      end
      ids[i], from[i] = id, r
      lib.reply(s, r)
      asked:wait(60)
      s:pending()
    end
    local same = 0
    for place = 1, 12 do
      local b = ids[1]:byte(place)
      if b == ids[2]:byte(place) and b == ids[3]:byte(place) and b == ids[4]:byte(place) then same = same + 1 end
    end
    -- by chance one place in 16 million is equal in four ids; a counter or a clock leaves many
    t:check("RFC8489:5#4a", same < 6, same .. " of the 12 octets of the id are the same in four transactions")
  end
}

case {
  id = "stun-client-006",
  title = "over a stream a request is sent once, and its answer is read wherever segments end",
  role = "stun-client",
  type = "V",
  needs = { "ask", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local id = r.message.transaction
    t:check("RFC8489:6.2.2#a1", r.flow >= 0x80000000, "the request came over UDP", r)
    t:never(s, 1.2, lib.of(id), "RFC8489:6.2.2#a3", "the request came again")
    if asked.value and asked.value.kind == "timeout" then
      t:check("RFC8489:6.2.2#2b", false, "the IUT gave up within 1.2 s", r)
      return
    end
    lib.reply(s, r, nil, { split = 1 })
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.2.2#a2" } }, "an answer in segments of one octet")
  end
}

case {
  id = "stun-client-007",
  title = "a request says what software sends it",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    t:check("RFC8489:6.1#3", r:attribute("SOFTWARE") ~= nil, "the request has no SOFTWARE", r)
    lib.reply(s, r)
    asked:wait(60)
  end
}

case {
  id = "stun-client-008",
  title = "a request over UDP fits into a packet that every path carries",
  role = "stun-client",
  type = "V",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    if t.family == "ip4" then
      t:check("RFC8489:6.1#6a", #r.octets + 28 <= 576, "the packet has " .. #r.octets + 28 .. " octets", r)
      t:check("RFC8489:6.1#a2", #r.octets < 548, "the message has " .. #r.octets .. " octets", r)
    else
      t:check("RFC8489:6.1#6b", #r.octets + 48 <= 1280, "the packet has " .. #r.octets + 48 .. " octets", r)
    end
    t:check("RFC8489:6.1#8", #r.octets + 28 <= (t.family == "ip4" and 576 or 1260),
      "nothing is probed, and the packet is too large", r)
    lib.reply(s, r)
    asked:wait(60)
  end
}

case {
  id = "stun-client-009",
  title = "an indication keeps a binding: it is sent once, and waits for nothing",
  role = "stun-client",
  type = "V",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = t:ask_start("keep_alive", { server = s.addr })
    local r = lib.request(t, s)
    if not r then return end
    t:check("RFC8489:6.1#2a", r.message.class == "indication", "the class is " .. tostring(r.message.class), r)
    t:never(s, 2, lib.of(r.message.transaction), "RFC8489:6.2.1#a1", "the indication came again")
    asked:wait(10)
  end
}
