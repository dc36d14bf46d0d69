-- When a STUN client sends: RFC 8489 section 6.2.1, and what the time says of it over streams, 6.2.2.

-- Ask for a Binding that the server answers by its second request alone. Returns the interval between the two,
-- in seconds; nil where there was none.
local function repeated(t, lib, s)
  local asked = lib.ask(t, s.addr)
  local first = lib.request(t, s)
  if not first then return nil end
  local again = s:receive { timeout = 60, where = lib.of(first.message.transaction) }
  if not again.message then
    t:check("RFC8489:6.2.1#1a", false, "the request was never sent again", first)
    return nil
  end
  lib.reply(s, again)
  asked:wait(60)
  s:pending()
  return (again.time_us - first.time_us) / 1e6
end

-- Ask for a Binding that is answered after so many seconds. Returns the round trip that the IUT measures; nil
-- where the request came again before.
local function slow(t, lib, s, seconds)
  local asked = lib.ask(t, s.addr)
  local r = lib.request(t, s)
  if not r then return nil end
  local again = s:receive { timeout = seconds / t.scale, where = lib.of(r.message.transaction) }
  lib.reply(s, r)
  local sent = t:now()
  asked:wait(60)
  s:pending()
  if again.message then return nil end
  return sent - r.time_us / 1e6 + (t.sim and 0.002 or 0)
end

local function near(a, b) return math.abs(a - b) <= 0.05 * b + 0.03 end

case {
  id = "stun-client-002",
  title = "a request without answer is sent again: RTO of 500 ms at least, doubled, seven times",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local first = lib.request(t, s)
    if not first then return end
    local id, body = first.message.transaction, first.octets:sub(21)
    local times, ids_of_same_body, rto = { first.time_us / 1e6 }, 0, nil
    -- other transactions may run beside this one, or after it at another address: only its own id counts
    local function limit() return times[1] + 120 * (rto or 6) + 10 end
    while t:now() < limit() do
      local r = s:receive { timeout = 1 / t.scale, where = lib.is_request }
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
    t:check("RFC8489:5#5a", #times > 1 or ids_of_same_body == 0,
      "the request came again with another transaction id", first)
    if #times < 2 then
      t:check("RFC8489:6.2.1#1a", ids_of_same_body > 0, "the request was never sent again")
      return
    end
    -- seen where they arrive: a first datagram that comes late makes the interval look shorter
    t:check("RFC8489:6.2.1#2", rto >= 0.495, ("the first interval is %.3f s"):format(rto))
    for i = 3, #times do
      local step, before = times[i] - times[i - 1], times[i - 1] - times[i - 2]
      t:check("RFC8489:6.2.1#1b", math.abs(step - 2 * before) <= 0.05 * step + 0.03,
        ("interval %d is %.3f s after %.3f s"):format(i - 1, step, before))
    end
    t:check("RFC8489:6.2.1#10b", #times == 7, "the request was sent " .. #times .. " times")
    if near(rto, 0.5) and #times == 7 then
      for i, at in ipairs { 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 } do
        t:check("RFC8489:6.2.1#a5", near(times[i] - times[1], at),
          ("request %d left at %.3f s, not at %.1f s"):format(i, times[i] - times[1], at))
      end
    end
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
  id = "stun-client-010",
  title = "once the response is there, the request is not sent again",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r)
    -- one that did not take the answer has to go on
    if not t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3.3#a2" } }, "the response") then return end
    s:pending() -- what crossed the answer
    t:never(s, 4, lib.of(r.message.transaction), "RFC8489:6.2.1#a3", "the request came again after its answer")
  end
}

case {
  id = "stun-client-011",
  title = "the next transaction starts with the RTO that the last round trip gives",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp", "session" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local initial = repeated(t, lib, s)
    if not initial then return end
    local rtt = slow(t, lib, s, 0.8 * initial)
    if not rtt then
      t:inconc("RFC8489:6.2.1#8", "a request that is answered after 0.8 RTO was sent again before")
      return
    end
    local kept = repeated(t, lib, s)
    if not kept then return end
    local what = ("the RTO was %.3f s, then the round trip %.3f s, then the RTO %.3f s"):format(initial, rtt, kept)
    t:check("RFC8489:6.2.1#8", not near(kept, initial), what)
    if near(kept, initial) then return end
    local rounded = math.ceil(3 * rtt) -- RFC6298 (2.2): R + 4 * R/2
    t:check("RFC8489:6.2.1#4", math.abs(kept - rounded) > 0.01 or rounded - 3 * rtt < 0.1, what)
    t:check("RFC8489:6.2.1#a2", near(kept, 3 * rtt), what)
    if t.sim and near(kept, 3 * rtt) then -- elsewhere the round trip is not known so exactly
      t:check("RFC8489:6.2.1#5", math.abs(kept - 3 * rtt) <= 0.005, what)
    end
  end
}

case {
  id = "stun-client-012",
  title = "a transaction with a retransmission says nothing about the round trip",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp", "session" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local first = repeated(t, lib, s)
    local second = first and repeated(t, lib, s)
    if not second then return end
    -- three times the first would be the estimate; twice is a backed off RTO that is kept
    t:check("RFC8489:6.2.1#7", second <= 2.2 * first,
      ("the RTO was %.3f s, and after a response to a repeated request %.3f s"):format(first, second))
  end
}

case {
  id = "stun-client-013",
  title = "an RTO of ten minutes ago is forgotten",
  role = "stun-client",
  type = "T",
  needs = { "ask", "udp", "session", "virtual-time" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local initial = repeated(t, lib, s)
    local rtt = initial and slow(t, lib, s, 0.8 * initial)
    if not rtt then return end
    t:pass(601)
    local later = repeated(t, lib, s)
    if not later then return end
    t:check("RFC8489:6.2.1#9", near(later, initial),
      ("the RTO is %.3f s at first, and %.3f s after a round trip of %.3f s and 601 s"):format(initial, later, rtt))
  end
}

case {
  id = "stun-client-014",
  title = "a port where nobody listens fails the transaction at once",
  role = "stun-client",
  type = "X",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local began = t:now()
    local said = lib.ask(t, lib.nobody(s)):wait(58)
    if said.kind == "hung" or said.kind == "died" then
      t:inconc("RFC8489:6.2.1#a4", said.why)
      return
    end
    local took = t:now() - began
    if said.kind ~= "success" and took >= 5 and took < 35 then
      t:inconc("RFC8489:6.2.1#a4", ("it failed after %.1f s, of what nobody can say"):format(took))
      return
    end
    t:check("RFC8489:6.2.1#a4", said.kind ~= "success" and took < 5,
      ("the port is unreachable, and after %.1f s the IUT says '%s'"):format(took, said.kind))
  end
}

case {
  id = "stun-client-015",
  title = "no more than ten transactions with one server are in progress at once",
  role = "stun-client",
  type = "V",
  needs = { "ask", "udp", "session" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked, ids, n = {}, {}, 0
    for i = 1, 12 do asked[i] = lib.ask(t, s.addr) end
    while true do
      local r = s:receive { timeout = 0.3 / t.scale, where = lib.is_request }
      if not r.message then break end
      if not ids[r.message.transaction] then n = n + 1 end
      ids[r.message.transaction] = r
    end
    if n == 0 then
      t:inconc("RFC8489:6.1#a1", "the IUT was asked for twelve Bindings and sent no request")
      return
    end
    t:check("RFC8489:6.2#2", n <= 10, n .. " transactions were in progress at once")
    lib.serve(t, s)
    for _, r in pairs(ids) do lib.reply(s, r) end
    for _, p in ipairs(asked) do
      t:expect(p:wait(60), { { success = true, clause = "RFC8489:6.3.3#a2" } }, "one of twelve")
    end
  end
}

case {
  id = "stun-client-016",
  title = "over a stream a request without answer times out after 39.5 s",
  role = "stun-client",
  type = "T",
  needs = { "ask", "tcp", "tells" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local said = asked:wait(120)
    local took = t:now() - r.time_us / 1e6
    if t:check("RFC8489:6.2.2#a4", said.kind == "timeout", "after 120 s the IUT says '" .. said.kind .. "'", r) then
      t:check("RFC8489:6.2.2#2b", math.abs(took - 39.5) <= 1, ("it gave up after %.1f s"):format(took), r)
    end
  end
}

case {
  id = "stun-client-017",
  title = "a connection that cannot be opened, or is reset, fails the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    s:hang_up { id = r.id, abort = true }
    local other
    for _ = 1, 30 do -- who tries another connection does more than is asked
      other = s:receive { timeout = 1 / t.scale, where = lib.is_request }
      if asked.value or other.message then break end
    end
    t:check("RFC8489:6.2.2#a5", asked.value ~= nil or other.message ~= nil,
      "30 s after its connection was reset the transaction has not failed", r)
    t:check("RFC8489:6.2.2#a5", not asked.value or asked.value.kind ~= "success", "it succeeded without a response", r)
    local refused = lib.ask(t, lib.nobody(s)):wait(30)
    t:check("RFC8489:6.2.2#a5", refused.kind ~= "success" and refused.kind ~= "hung" and refused.kind ~= "timeout",
      "30 s after its connection was refused the IUT says '" .. refused.kind .. "'")
  end
}

case {
  id = "stun-client-018",
  title = "an idle connection that has died is reset, and another one tried",
  role = "stun-client",
  type = "T",
  needs = { "ask", "tcp", "session" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local first = lib.request(t, s)
    if not first then return end
    lib.reply(s, first)
    asked:wait(60)
    t:pass(5 / t.scale)
    lib.ask(t, s.addr)
    local second = lib.request(t, s)
    if not second then return end
    if second.flow ~= first.flow then
      t:skip("it opens a connection for each transaction")
    end
    local third = s:receive { timeout = 90, where = lib.is_request } -- the connection is as if it were dead
    t:check("RFC8489:6.2.2#5b", third.message ~= nil and third.flow ~= first.flow,
      "after the transaction on an idle connection has failed no other connection is tried", second)
    local ended = s:receive { timeout = 1,
      where = function(ev) return ev.kind == "closed" and ev.flow == first.flow end }
    t:check("RFC8489:6.2.2#5a", ended.why == "reset",
      "the connection on which the transaction failed was not reset: " .. tostring(ended.why or "still open"), second)
    if third.message then lib.reply(s, third) end
  end
}
