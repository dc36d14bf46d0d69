-- What a STUN client sends, when, and what it makes of answers: RFC 8489 sections 6.1, 6.2, 6.3.3.
-- The IUT is asked for a Binding by the upper tester; the case plays the server.

local function is_request(ev) return ev.event == "request" and ev.message ~= nil end

-- The first request of the IUT; nil, with an inconclusive check, where none comes.
local function request(t, s)
  local r = s:receive { timeout = 10, where = is_request }
  if not r.message then
    t:inconc("RFC8489:6.1#a1", "the IUT was asked for a Binding and sent no request", r)
    return nil
  end
  return r
end

-- The attributes of an answer to `r`: with FINGERPRINT where the request has it, since then the usage has.
local function answer(r, list)
  list = list or { { type = "XOR-MAPPED-ADDRESS", address = r.from } }
  if r:attribute("FINGERPRINT") then list[#list + 1] = "FINGERPRINT" end
  return list
end

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
    t:allow(s)
    t:check("RFC8489:5#3", m.cookie == 0x2112a442, "the magic cookie is not 0x2112a442", r)
    t:check("RFC8489:5#7", m.length == #r.octets - 20, "the length does not fit", r)
    t:check("RFC8489:6.1#2a", m.class == "request" or m.class == "indication", "the class is " .. tostring(m.class), r)
    t:check("RFC8489:5#a5", m.method == "binding", "the method is " .. tostring(m.method), r)
    s:reply { id = r.id, attributes = answer(r) }
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
    local first = request(t, s)
    if not first then return end
    local id, body = first.message.transaction, first.octets:sub(21)
    local times, ids_of_same_body, rto = { first.time_us / 1e6 }, 0, nil
    -- other transactions may run beside this one, or after it at another address: only its own id counts
    local function limit() return times[1] + 120 * (rto or 6) + 10 end
    while t:now() < limit() do
      local r = s:receive { timeout = 1 / t.scale, where = is_request }
      if r.message and r.message.transaction == id then
        times[#times + 1] = r.time_us / 1e6
        rto = rto or times[2] - times[1]
      elseif r.message and r.octets:sub(21) == body then
        ids_of_same_body = ids_of_same_body + 1
      elseif asked.value then
        break
      end
    end
    local ended_at = asked.value and asked.value.time_us and asked.value.time_us / 1e6 or t:now()
    t:allow(s)
    t:check("RFC8489:5#5a", #times > 1 or ids_of_same_body == 0,
      "the request came again with another transaction id", first)
    if #times < 2 then
      t:check("RFC8489:6.2.1#1a", ids_of_same_body > 0, "the request was never sent again")
      return
    end
    -- 1 ms is the accuracy of 6.2.1#5
    t:check("RFC8489:6.2.1#2", rto >= 0.499, ("the first interval is %.3f s"):format(rto))
    for i = 3, #times do
      local step, before = times[i] - times[i - 1], times[i - 1] - times[i - 2]
      t:check("RFC8489:6.2.1#1b", math.abs(step - 2 * before) <= 0.05 * step + 0.03,
        ("interval %d is %.3f s after %.3f s"):format(i - 1, step, before))
    end
    t:check("RFC8489:6.2.1#10b", #times == 7, "the request was sent " .. #times .. " times")
    if not asked.value then
      t:inconc("RFC8489:6.2.1#12b", "the IUT did not say how its transaction ended")
      return
    end
    t:check("RFC8489:6.2.1#11", asked.value.kind ~= "success", "a transaction without any response succeeded")
    t:check("RFC8489:6.2.1#12b", ended_at - times[#times] >= 16 * rto * 0.95,
      ("it ended %.3f s after the last request"):format(ended_at - times[#times]))
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
    t:allow(s)
    s:reply { id = r.id, class = "error", transaction = "nobody's-id!",
      attributes = answer(r, { { type = "ERROR-CODE", code = 500, reason = "" } }) }
    s:reply { id = r.id, attributes = answer(r), after_us = 50000 }
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
    t:allow(s)
    local list = { { type = "XOR-MAPPED-ADDRESS", address = r.from }, { type = 0x7ffe, value = "?" } }
    s:reply { id = r.id, attributes = answer(r, list) }
    t:expect(asked:wait(120), {
      { kind = "failed", clause = "RFC8489:6.3.3#a1" },
      { kind = "error", clause = "RFC8489:6.3.3#a1", note = "an error is reported" },
      { kind = "timeout", clause = "RFC8489:6.3.3#a1", verdict = "inconc", note = "the IUT said nothing in 120 s" },
    }, "attribute 0x7ffe in a success response")
  end
}

case {
  id = "stun-client-005",
  title = "transactions have ids of their own, and nothing in them repeats",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local s = t:actor("server", "stun", { manual = true })
    local ids, from = {}, {}
    t:allow(s)
    for i = 1, 4 do
      local asked = t:ask_start("binding", { server = s.addr })
      local r = request(t, s)
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
      s:reply { id = r.id, attributes = answer(r) }
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
    local s = t:actor("server", "stun", { manual = true })
    local asked = t:ask_start("binding", { server = s.addr })
    local r = request(t, s)
    if not r then return end
    t:allow(s)
    local id = r.message.transaction
    t:never(s, 1.2, function(ev) return is_request(ev) and ev.message.transaction == id end, "RFC8489:6.2.2#a3",
      "the request came again")
    if asked.value and asked.value.kind == "timeout" then
      t:check("RFC8489:6.2.2#2b", false, "the IUT gave up within 1.2 s", r)
      return
    end
    s:reply { id = r.id, attributes = answer(r), split = 1 }
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.2.2#a2" } }, "an answer in segments of one octet")
  end
}
