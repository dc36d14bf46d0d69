-- What a client keeps alive, and when: RFC 8656 sections 5, 8, 9, 11.1 and 12.

local function lib(t) return t:lib("turn") end
local peer, stranger = "192.0.2.33:7000", "198.51.100.7:7000"

-- Answer what comes until `seconds` have passed; each request, with the time that it came, goes to `each`.
local function serve_until(t, s, seconds, each)
  local over = t:now() + seconds
  while t:now() < over do
    local r = s:request(nil, over - t:now())
    if not r.message then return end
    each(r)
  end
end

local function lifetime_of(r)
  local a = r:attribute("LIFETIME")
  return a and a.value
end

case {
  id = "turn-client-008",
  title = "an allocation is refreshed before the time that the server gave it is over",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate { lifetime = 120, ask = { lifetime = 600 } } then return end
    local from, n = t:now(), 0
    serve_until(t, s, 700, function(r)
      if r.message.method ~= "refresh" then return s:success(r) end
      n = n + 1
      t:check("RFC8656:8#1", t:now() - from < 120,
        ("a Refresh request comes after %.0f s of 120"):format(t:now() - from), r)
      from = t:now()
      s:success(r, { { type = "LIFETIME", value = 120 } })
    end)
    t:check("RFC8656:7.3#a1", n > 0 and t:now() - from < 121, "it is not refreshed by the LIFETIME of the response")
  end
}

case {
  id = "turn-client-009",
  title = "the next refresh goes by the LIFETIME of the Refresh response",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate { lifetime = 600 } then return end
    local r = s:request("refresh", 601)
    if not t:check("RFC8656:8#1", r.message ~= nil, "no Refresh request within 600 s", r) then return end
    s:success(r, { { type = "LIFETIME", value = 60 } })
    r = s:request("refresh", 60)
    t:check("RFC8656:8.3#a1", r.message ~= nil, "no Refresh request within the 60 s of the response", r)
    if r.message then s:success(r, { { type = "LIFETIME", value = 600 } }) end
  end
}

case {
  id = "turn-client-010",
  title = "an allocation that is no longer wanted is deleted by a Refresh request with LIFETIME 0",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local left = t:ask_start("release")
    local r = s:request("refresh", 10)
    if t:check("RFC8656:8#2", r.message ~= nil, "it leaves without deleting its allocation", r) then
      t:check("RFC8656:8.1#a1", lifetime_of(r) == 0, "LIFETIME is " .. tostring(lifetime_of(r)), r)
      s:success(r, { { type = "LIFETIME", value = 0 } })
    end
    left:wait(60)
  end
}

case {
  id = "turn-client-011",
  title = "437 in answer to a deletion is as good as success",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local left = t:ask_start("release")
    local r = s:request("refresh", 10)
    if not r.message then return end
    s:refuse(r, 437)
    t:expect(left:wait(60), { { success = true, clause = "RFC8656:8.3#a4" } }, "437 to a deletion")
    t:check("RFC8656:8.3#a4", not s:request("refresh", 5).message, "it deletes once more")
  end
}

case {
  id = "turn-client-012",
  title = "after 437 the allocation counts as gone",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    t:spawn(function() t:ask("refresh") end)
    local r = s:request("refresh", 10)
    if not r.message then return end
    s:refuse(r, 437)
    t:pass(1)
    t:ask_start("permit", { peer = peer })
    t:ask_start("send", { peer = peer, data = "too late" })
    local went = s:data(5)
    local asked = s:request("create-permission", 1)
    t:check("RFC8656:5#7", went.kind == "timeout" and not asked.message, "it goes on with the allocation",
      went.event or asked)
  end
}

for _, v in ipairs {
  { id = "turn-client-013", method = "refresh", verb = "refresh" },
  { id = "turn-client-045", method = "create-permission", verb = "permit" },
  { id = "turn-client-046", method = "channel-bind", verb = "bind" },
} do
  case {
    id = v.id,
    title = "a " .. v.method .. " request that was refused with 438 comes again with the new nonce",
    role = "turn-client",
    type = "V",
    needs = { "ask", "accounts" },
    run = function(t)
      local s = lib(t).server(t)
      if not s:allocate() then return end
      local asked = t:ask_start(v.verb, v.verb ~= "refresh" and { peer = peer } or nil)
      local r = s:request(v.method, 10)
      if not r.message then t:skip("asked to " .. v.verb .. " it sends no " .. v.method .. " request") end
      s:challenge(r, 438, "the-new-nonce")
      local id = r.message.transaction
      repeat r = s:request(v.method, 10) until not r.message or r.message.transaction ~= id
      if not t:check("RFC8489:9.2.5#12a", r.message ~= nil, "no request follows 438", r) then return end
      local nonce = r:attribute("NONCE")
      t:check("RFC8489:9.2.5#12a", nonce and nonce.value == "the-new-nonce", "it has the nonce that is stale", r)
      t:check("RFC8489:9.2.5#12b", r.integrity == "good" or r.integrity256 == "good", "it is not signed", r)
      s:success(r, v.verb == "refresh" and { { type = "LIFETIME", value = 600 } } or nil)
      asked:wait(60)
    end
  }
end

-- Data to a peer each `step` s for so long; whenever they come, what they need has to hold then.
local function sends_for(t, s, seconds, step, held)
  t:spawn(function()
    for _ = 1, seconds // step do
      t:ask("send", { peer = peer, data = "each step" })
      t:pass(step)
    end
  end)
  local over = t:now() + seconds
  while t:now() < over do
    local ev = s.a:receive { timeout = over - t:now() }
    if ev.kind == "timeout" then return end
    held(ev)
  end
end

case {
  id = "turn-client-014",
  title = "while data are sent the permission is kept: a request within each 300 s",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local permitted
    sends_for(t, s, 1000, 20, function(ev)
      local method = ev.message and ev.message.method
      if ev.event == "request" and ev.message.class == "request" then
        s.last = ev
        if method == "create-permission" or method == "channel-bind" then permitted = t:now() end
        s:success(ev, method == "refresh" and { { type = "LIFETIME", value = 600 } } or nil)
      elseif ev.event == "request" and method == "send" then
        t:check("RFC8656:11.1#1", permitted and t:now() - permitted <= 300,
          "data are sent without a permission, or on one that is over", ev)
      end
    end)
  end
}

case {
  id = "turn-client-020",
  title = "while data are sent by a channel it is bound anew: within each 600 s",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local asked, bound = t:ask_start("bind", { peer = peer }), nil
    sends_for(t, s, 1300, 20, function(ev)
      local method = ev.message and ev.message.method
      if ev.event == "channel" then
        t:check("RFC8656:12#a9", bound and t:now() - bound <= 600, "ChannelData on a channel that has expired", ev)
      elseif ev.event == "request" and ev.message.class == "request" then
        s.last = ev
        if method == "channel-bind" then bound = t:now() end
        s:success(ev, method == "refresh" and { { type = "LIFETIME", value = 600 } } or nil)
      end
    end)
    asked:wait(1)
  end
}

case {
  id = "turn-client-021",
  title = "a channel number is bound to another peer no sooner than 300 s after it expired",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local first
    local function bind(to)
      local asked = t:ask_start("bind", { peer = to })
      local number
      serve_until(t, s, 2, function(r)
        local a = r:attribute("CHANNEL-NUMBER")
        number = a and a.value or number
        s:success(r, r.message.method == "refresh" and { { type = "LIFETIME", value = 600 } } or nil)
      end)
      asked:wait(1)
      return number
    end
    first = bind(peer)
    if not first then return end
    t:ask("forget", { peer = peer })
    local function keep(seconds)
      serve_until(t, s, seconds, function(r)
        s:success(r, r.message.method == "refresh" and { { type = "LIFETIME", value = 600 } } or nil)
      end)
    end
    keep(700)
    local second = bind(stranger)
    t:check("RFC8656:12#3", second ~= first, "the number that expired 100 s ago is bound to another peer")
  end
}
