-- What a STUN client sends, when, and what it makes of answers: RFC 8489 sections 6.1, 6.2, 6.3.3.
-- The IUT is asked for a Binding by the upper tester; the case plays the server.

-- A request of the IUT, or nil with the check made.
local function request(t, s)
  local r = s:receive { timeout = 10, where = function(ev) return ev.event == "request" end }
  if not r.message then
    t:check("RFC8489:6.1#1", false, "no request came", r)
    return nil
  end
  return r
end

local function mapped(r) return { { type = "XOR-MAPPED-ADDRESS", address = r.from } } end

case {
  id = "stun-client-001",
  title = "a Binding request is well formed, and its success response is understood",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local r = request(t, s)
    if not r then return end
    local m = r.message
    t:check("RFC8489:5#3", m.cookie == 0x2112a442, "the magic cookie is not 0x2112a442", r)
    t:check("RFC8489:5#7", m.length == #r.octets - 20, "the length does not fit", r)
    t:check("RFC8489:6.1#2a", m.class == "request", "the class is " .. tostring(m.class), r)
    t:check("RFC8489:5#a5", m.method == "binding", "the method is " .. tostring(m.method), r)
    s:reply { id = r.id, attributes = mapped(r) }
    t:allow(s)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3.3#a2" } }, "a valid success response")
  end
}

case {
  id = "stun-client-002",
  title = "a request without answer is sent again: RTO of 500 ms at least, doubled, seven times",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp" },
  tags = { "slow" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local times, id = {}, nil
    while true do
      local r = s:receive { timeout = 70 }
      if not r.message then break end
      times[#times + 1] = r.time_us / 1e6
      id = id or r.message.transaction
      t:check("RFC8489:5#5a", r.message.transaction == id, "a request sent again has another transaction id", r)
      if asked.value then break end
    end
    local ended = asked:wait(60)
    local rto = times[2] and times[2] - times[1] or 0
    -- 1 ms is the accuracy of 6.2.1#5
    t:check("RFC8489:6.2.1#2", rto >= 0.499, ("the first interval is %.3f s"):format(rto))
    for i = 3, #times do
      local step, before = times[i] - times[i - 1], times[i - 1] - times[i - 2]
      t:check("RFC8489:6.2.1#1b", math.abs(step - 2 * before) <= 0.02 * step + 0.002,
        ("interval %d is %.3f s after %.3f s"):format(i - 1, step, before))
    end
    t:check("RFC8489:6.2.1#10b", #times == 7, "the request was sent " .. #times .. " times")
    t:check("RFC8489:6.2.1#11", ended.kind == "timeout" and ended.rtt_us and #times > 0 and
      ended.rtt_us / 1e6 - (times[#times] - times[1]) >= 16 * rto * 0.99,
      "the transaction ended " .. tostring(ended.rtt_us and ended.rtt_us / 1e6) .. " s after it began")
  end
}

case {
  id = "stun-client-003",
  title = "a response with another transaction id is dropped, the right one after it is taken",
  role = "stun-client",
  type = "I",
  needs = { "ask" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local r = request(t, s)
    if not r then return end
    s:reply { id = r.id, transaction = "nobody's-id!", attributes = { { type = "ERROR-CODE", code = 500, reason = "" } }, class = "error" }
    s:reply { id = r.id, attributes = mapped(r), after_us = 50000 }
    t:allow(s)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3#a6" } },
      "an error response of no transaction, then the right one")
  end
}

case {
  id = "stun-client-004",
  title = "a success response with an unknown comprehension-required attribute fails the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local r = request(t, s)
    if not r then return end
    s:reply { id = r.id, attributes = { mapped(r)[1], { type = 0x7ffe, value = "?" } } }
    t:allow(s)
    t:expect(asked:wait(120), {
      { kind = "failed", clause = "RFC8489:6.3.3#a1" },
      { kind = "error", clause = "RFC8489:6.3.3#a1" },
      { kind = "timeout", clause = "RFC8489:6.3.3#a1" },
    }, "attribute 0x7ffe in a success response")
  end
}

case {
  id = "stun-client-005",
  title = "every transaction has an id of its own",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local ids = {}
    t:allow(s)
    for i = 1, 4 do
      local asked = t:ask_start("binding", { server = s.addr })
      local r = request(t, s)
      if not r then return end
      local id = r.message.transaction
      t:check("RFC8489:5#4a", not ids[id], "transaction " .. i .. " has the id of an earlier one", r)
      ids[id] = true
      s:reply { id = r.id, attributes = mapped(r) }
      asked:wait(60)
      s:pending()
    end
  end
}

case {
  id = "stun-client-006",
  title = "over a stream a request is sent once, and its answer is read wherever segments end",
  role = "stun-client",
  type = "V",
  needs = { "ask", "tcp" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local r = request(t, s)
    if not r then return end
    t:never(s, 3, function(ev) return ev.event == "request" end, "RFC8489:6.2.2#a3", "the request came again")
    s:reply { id = r.id, attributes = mapped(r), split = 1 }
    t:allow(s)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.2.2#a2" } }, "an answer in segments of one octet")
  end
}
