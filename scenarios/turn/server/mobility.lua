-- Mobility: tickets, and allocations that move to another 5-tuple. RFC 8016.

local function lib(t) return t:lib("turn") end

local NUMBER = 0x4000
local LATER = 25 -- seconds after which a retransmission is still known: RFC8016:3.2.2#a9 has 30

local function with(ticket) return { type = "MOBILITY-TICKET", value = ticket } end

-- Note the ticket of a success response; nil, with the check of `clause` failed: it has none.
local function keep(t, k, r, clause)
  local a = r:attribute("MOBILITY-TICKET")
  if not t:check(clause, a ~= nil and #(a.value or "") > 0, "no ticket", r) then return nil end
  k.ticket = a.value
  return k.ticket
end

-- A client with an allocation and its ticket; nil, with a check made, where that does not come about. Without a ticket
-- there is nothing to see: a server may not know the attribute (RFC8016:3.1.2#a5), and turn-server-230 judges that.
local function mobile(t)
  local k = lib(t).client(t)
  if not lib(t).allocated(t, k:allocate { with "" }) then return nil end
  local a = k.allocated:attribute("MOBILITY-TICKET")
  if not a or #(a.value or "") == 0 then t:skip("the server gives no ticket") end
  k.ticket = a.value
  k.flow = k.allocated.flow -- what comes to it is told from what comes to the same client elsewhere
  return k
end

-- The same, and a peer with a permission; `number`: and a channel.
local function mobile_with_peer(t, number)
  local k = mobile(t)
  if not k then return nil end
  local p = lib(t).peer(t)
  if not lib(t).permitted(t, k:permit(p.addr)) then return nil end
  if number and not lib(t).permitted(t, k:bind(number, p.addr), "RFC8656:12.2#a7", "ChannelBind") then return nil end
  return k, p
end

-- The same user somewhere else: another port of the host's. What it holds of the allocation goes along.
local function elsewhere(t, k, account)
  local other = lib(t).client(t, { over = k, account = account })
  other.relayed, other.ticket = k.relayed, k.ticket
  return other
end

-- Refresh with the client's ticket, or another.
local function show(k, ticket, opts) return k:refresh(nil, { with(ticket or k.ticket) }, opts) end

-- Move the allocation of `k` to another port; the client there, with the new ticket, and the response. nil, with a
-- check made, where it does not come about.
local function moved(t, k)
  local there = elsewhere(t, k)
  local r = show(there)
  if not t:expect(r, { { success = true, clause = "RFC8016:3.2.2#a2" } }, "Refresh with the ticket, from elsewhere") or
    not keep(t, there, r, "RFC8016:3.2.2#a4") then return nil end
  return there, r
end

-- A Refresh request with a ticket that is to be refused with `code`; what else an error response says is told apart
-- from a move, which is the worse.
local function refused(t, k, ticket, code, clause, what)
  return t:expect(show(k, ticket), { { error = code, clause = clause } }, what)
end

-- Data from the peer come to `k`; whether to `other` as well is the server's affair.
local function heard_by(t, k, other, p, clause, what)
  local words = lib(t).words("peer")
  p:send(k.relayed, words)
  local got = lib(t).comes_back(t, k, clause, words, what)
  t:pass(0.05 * t.scale)
  for _, ev in ipairs(other:pending()) do
    if ev.octets == words then t:log("data from the peer came to both 5-tuples: RFC8016:3.2.2#a11") end
  end
  return got
end

case {
  id = "turn-server-230",
  title = "who asks for mobility gets a ticket",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate { with "" }
    if not lib(t).allocated(t, r) then return end
    local asked = lib(t).client(t)
    local known = asked:allocate { with "\1\2\3\4" } -- one that knows the attribute refuses this
    asked:leave()
    if not r:attribute("MOBILITY-TICKET") and known.kind == "success" then
      t:skip("the server ignores MOBILITY-TICKET, as one that does not know it may: RFC8016:3.1.2#a5")
    end
    keep(t, k, r, "RFC8016:3.1.2#a3")
    local plain = lib(t).client(t)
    r = plain:allocate()
    if lib(t).allocated(t, r) then
      t:log("without asking: " .. (r:attribute("MOBILITY-TICKET") and "a ticket" or "none"))
      plain:leave()
    end
    k:leave()
  end
}

case {
  id = "turn-server-231",
  title = "a ticket in Allocate is refused",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k = mobile(t) -- which shows that the attribute is known
    if not k then return end
    for _, ticket in ipairs { "\1\2\3\4", k.ticket } do
      local other = lib(t).client(t)
      local r = other:allocate { with(ticket) }
      other:leave()
      lib(t).refused(t, r, 400, "RFC8016:3.1.2#a2", ("MOBILITY-TICKET of %d octets in Allocate"):format(#ticket))
    end
    k:leave()
  end
}

case {
  id = "turn-server-232",
  title = "where mobility is forbidden, who asks for it is told so",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility-forbidden" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate { with "" }
    if r.kind == "success" and not r:attribute("MOBILITY-TICKET") then
      k:leave()
      t:skip("the server ignores MOBILITY-TICKET, as one that does not know it may: RFC8016:3.1.2#a5")
    end
    lib(t).refused(t, r, 405, "RFC8016:3.1.2#a1", "an empty MOBILITY-TICKET")
    t:check("RFC8016:3.4#a1", r.code == 405, "a valid request for mobility where it is forbidden: no 405", r)
    if not lib(t).allocated(t, k:allocate()) then return end
    r = show(elsewhere(t, k), "\1\2\3\4")
    -- a ticket that is good nobody can have here
    t:expect(r, { { error = 405, clause = "RFC8016:3.2.2#a1" }, { error = 400, clause = "RFC8016:3.2.2#a1",
      verdict = "inconc", note = "the ticket is made up, which may be seen first" } },
      "Refresh with a ticket, from elsewhere")
    k:leave()
  end
}

case {
  id = "turn-server-233",
  title = "a Refresh request with the ticket moves the allocation, and its response has a new ticket",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    local first = k.ticket
    local there, r = moved(t, k)
    if not there then return end
    t:check("RFC8016:3.2.2#4", there.ticket ~= first, "the new ticket is the old one", r)
    local out = lib(t).words("moved")
    there:send(p.addr, out)
    local came = p:receive(2, function(ev) return ev.octets == out end)
    if t:check("RFC8016:3.2.2#a6", came.octets ~= nil, "a Send indication from the new address is not relayed") then
      t:check("RFC8016:3.2.2#a10", came.from == k.relayed,
        ("what it sends comes from %s, and the relayed address is %s"):format(came.from, k.relayed), came)
    end
    lib(t).relays(t, there, p, "RFC8016:3.2.2#a10", "the permission after the move")
    local again = moved(t, there)
    if again then
      t:check("RFC8016:3.2.2#4", again.ticket ~= there.ticket and again.ticket ~= first, "a ticket comes twice")
      lib(t).relays(t, again, p, "RFC8016:3.2.2#a10", "the permission after the second move")
      again:leave()
    end
  end
}

case {
  id = "turn-server-234",
  title = "channels go along when an allocation moves",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k, p = mobile_with_peer(t, NUMBER)
    if not k then return end
    local there = elsewhere(t, k)
    there:challenged()
    there:channel(NUMBER, "too early") -- dropped or kept: RFC8016:3.2.2#7
    local r = show(there)
    if not t:expect(r, { { success = true, clause = "RFC8016:3.2.2#a2" } }, "Refresh with the ticket") then return end
    keep(t, there, r, "RFC8016:3.2.2#a4")
    t:pass(0.05 * t.scale)
    p:pending()
    lib(t).channel_reaches(t, there, p, NUMBER, "RFC8016:3.2.2#a10", "ChannelData after the move")
    lib(t).comes_by(t, there, p, NUMBER, "RFC8016:3.2.2#a10", "data from the peer after the move")
    there:leave()
  end
}

case {
  id = "turn-server-235",
  title = "the old 5-tuple serves until the client sends data on the new one",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    local there = moved(t, k)
    if not there then return end
    local out = lib(t).words("old")
    k:send(p.addr, out)
    lib(t).reaches(t, k, p, "RFC8016:3.2.2#5a", out, "a Send indication on the old 5-tuple before the new one has sent")
    heard_by(t, k, there, p, "RFC8016:3.2.2#5b", "data from the peer before the new 5-tuple has sent")
    there:leave()
  end
}

case {
  id = "turn-server-236",
  title = "once the client has sent data on the new 5-tuple, the old one has no allocation",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    local there = moved(t, k)
    if not there then return end
    if lib(t).relays(t, there, p, "RFC8016:3.2.2#a6", "the new 5-tuple") then
      -- the old connection may be closed by now, with all that was known of it
      local gone = t.stream and k:ended(0.1 * t.scale)
      if gone and gone.kind == "closed" then
        t:check("RFC8016:3.2.2#a5", true, "the old connection is closed", gone)
        there:leave()
        return
      end
      local r = k:refresh()
      t:check("RFC8016:3.2.2#a5", r.kind ~= "success", "a Refresh request on the old 5-tuple succeeds", r)
      if r.kind ~= "success" then
        t:expect(r, { { error = 437, clause = "RFC8656:5#6a" } }, "Refresh on the old 5-tuple")
      end
      k:send(p.addr, "from the old 5-tuple")
      lib(t).peer_silent(t, there, p, "RFC8016:3.2.2#a5", "a Send indication on the old 5-tuple is relayed")
    end
    there:leave()
  end
}

case {
  id = "turn-server-237",
  title = "a ticket that the server has not given is refused, and moves nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    local there = elsewhere(t, k)
    local n = #k.ticket
    local flipped = k.ticket:sub(1, n - 1) .. string.char(k.ticket:byte(n) ~ 1)
    for what, ticket in pairs { ["made up"] = ("\x5a"):rep(n), ["with a bit flipped"] = flipped,
      ["cut short"] = k.ticket:sub(1, n - 1), ["empty"] = "" } do
      refused(t, there, ticket, 400, "RFC8016:3.2.2#2", "a ticket " .. what)
    end
    lib(t).relays(t, k, p, "RFC8016:3.2.2#2", "the allocation, which has not moved")
    k:leave()
  end
}

case {
  id = "turn-server-238",
  title = "a ticket whose allocation is gone is refused",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k = mobile(t)
    if not k then return end
    if not t:expect(k:leave(), { { success = true, clause = "RFC8656:8.2#a1" } }, "Refresh for 0 s") then return end
    t:pass(3)
    refused(t, elsewhere(t, k), nil, 437, "RFC8016:3.2.2#1", "a ticket whose allocation was deleted")
  end
}

case {
  id = "turn-server-239",
  title = "a ticket from where the allocation is already is refused",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local k = mobile(t)
    if not k then return end
    refused(t, k, nil, 400, "RFC8016:3.2.2#a3", "the ticket from the address and port of the allocation")
    t:expect(k:refresh(), { { success = true, clause = "RFC8656:8.2#a2" } }, "and then a Refresh request without it")
    k:leave()
  end
}

case {
  id = "turn-server-240",
  title = "another user's ticket is refused, and moves nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility" },
  run = function(t)
    local account = lib(t).second_account(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    refused(t, elsewhere(t, k, account), nil, 441, "RFC8016:3.2.2#3", "the ticket of another user")
    lib(t).relays(t, k, p, "RFC8016:3.2.2#3", "the allocation, which has not moved")
    k:leave()
  end
}

case {
  id = "turn-server-241",
  title = "the old ticket serves for a retransmission alone",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-mobility", "udp" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    local first, there = k.ticket, elsewhere(t, k)
    local r = show(there, first)
    if not t:expect(r, { { success = true, clause = "RFC8016:3.2.2#a2" } }, "Refresh with the ticket") or
      not keep(t, there, r, "RFC8016:3.2.2#a4") then return end
    if t.sim then t:pass(LATER) else t:pass(1) end
    r = show(there, first, { id = r.message.transaction })
    t:expect(r, { { success = true, clause = "RFC8016:3.2.2#a9" } }, "the same request again")
    local third = elsewhere(t, there)
    r = show(third, first)
    t:check("RFC8016:3.2.2#a8", r.kind ~= "success", "the old ticket moves the allocation to a third port", r)
    lib(t).relays(t, there, p, "RFC8016:3.2.2#a8", "the allocation, which has moved once")
    there:leave()
  end
}

case {
  id = "turn-server-296",
  title = "without the long-term mechanism, TLS and DTLS a ticket moves nothing",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-mobility", "udp", "tcp" },
  run = function(t)
    local k, p = mobile_with_peer(t)
    if not k then return end
    if not k.challenge then t:skip("the server asks for no credentials") end
    local function stays(opts, clause, what)
      local there = elsewhere(t, k)
      there.challenge = opts.password and k.challenge
      local r = show(there, nil, opts)
      t:check(clause, r.kind ~= "success", what .. ": the allocation has moved", r)
      lib(t).relays(t, k, p, clause, what .. ", and the allocation where it was")
    end
    stays({ unsigned = true }, "RFC8016:5#3", "a ticket without credentials")
    stays({ password = "not the password" }, "RFC8016:5#4", "a ticket under a wrong password")
    k:leave()
  end
}
