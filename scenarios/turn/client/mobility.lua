-- What a client does that moves its allocation: RFC 8016.

local function lib(t) return t:lib("turn") end
local peer = "192.0.2.33:7000"

-- The value of MOBILITY-TICKET in a request; nil: it has none.
local function ticket_in(r)
  local a = r:attribute("MOBILITY-TICKET")
  return a and (a.value or "")
end

-- Answer a Refresh request by success, with a ticket where one is given.
local function refreshed(s, r, ticket)
  s:success(r, { { type = "LIFETIME", value = 600 }, ticket and { type = "MOBILITY-TICKET", value = ticket } })
end

-- Answer the Refresh request that a verb has the client send, once it has been looked at.
local function answered(t, s, asked, ticket, look)
  local r = s:request("refresh", 10)
  if r.message then
    look(r)
    refreshed(s, r, ticket)
  end
  t:expect(asked:wait(60), { { success = true, clause = "RFC8656:8.3#a1" } }, "a Refresh request that succeeds")
  return r
end

case {
  id = "turn-client-060",
  title = "the ticket is asked for by an empty one, and shown from another address alone",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-moves" },
  run = function(t)
    local s = lib(t).server(t)
    local said, first = s:allocate { ticket = "the first ticket", ask = { mobility = true } }
    if not said then return end
    local empty = ticket_in(first)
    t:check("RFC8016:3.1.1#a1", empty == "", empty and "MOBILITY-TICKET of Allocate is not empty" or
      "Allocate has no MOBILITY-TICKET", first)
    local function plain(r)
      t:check("RFC8016:3.2.1#1", not ticket_in(r), "a Refresh request has a ticket from where the client was", r)
    end
    answered(t, s, t:ask_start("refresh"), nil, plain)
    local asked = t:ask_start("move")
    local r = s:request("refresh", 10)
    if not t:check("RFC8016:3.2.1#a1", r.message ~= nil, "asked to move it sends no Refresh request", r) then return end
    t:check("RFC8016:3.2.1#a1", ticket_in(r) == "the first ticket", "it does not show the ticket that it got", r)
    t:check("RFC8016:3.2.1#a1", r.from ~= first.from, "it does not come from another address or port", r)
    refreshed(s, r, "the second ticket")
    t:expect(asked:wait(60), { { success = true, clause = "RFC8016:3.2.1#a1" } }, "a move")
    answered(t, s, t:ask_start("refresh"), nil, plain)
  end
}

case {
  id = "turn-client-061",
  title = "the next move is made with the new ticket, and no data come from the new address before it is answered",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-moves" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate { ticket = "the first ticket", ask = { mobility = true } } then return end
    local permitted = t:ask_start("permit", { peer = peer })
    local r = s:request("create-permission", 10)
    if not r.message then return end
    s:success(r)
    permitted:wait(60)
    local asked = t:ask_start("move")
    local moves = s:request("refresh", 10)
    if not moves.message then return end
    t:ask_start("send", { peer = peer, data = "on the way" })
    local went = s:data(2)
    t:check("RFC8016:3.2.2#8", went.kind == "timeout" or went.event.from ~= moves.from,
      "data come from the new address before the Refresh request is answered", went.event)
    refreshed(s, moves, "the second ticket")
    asked:wait(60)
    asked = t:ask_start("move")
    r = s:request("refresh", 10)
    if not r.message or r.message.transaction == moves.message.transaction then return end
    t:check("RFC8016:3.2.2#6", ticket_in(r) == "the second ticket", "the second move is made by another ticket", r)
    refreshed(s, r, "the third ticket")
    asked:wait(60)
  end
}

case {
  id = "turn-client-062",
  title = "after 405 no ticket is asked for again",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-moves" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { mobility = true })
    if not r or not ticket_in(r) then return end
    s:refuse(r, 405)
    local function again(seconds)
      local next = s:request("allocate", seconds)
      if not next.message then return false end
      t:check("RFC8016:3.1.4#1", not ticket_in(next), "Allocate comes again with MOBILITY-TICKET", next)
      if next:attribute("NONCE") then s:grant(next) else s:challenge(next) end
      return true
    end
    if not again(5) then t:check("RFC8016:3.1.4#a1", asked:wait(60).kind ~= "success", "it takes 405 for success") end
    asked:wait(60)
    asked = s:ask { mobility = true }
    if again(5) then again(5) end
    asked:wait(60)
  end
}
