-- Allocate, as a client asks for it: RFC 8656 sections 5 and 7.1.

local function lib(t) return t:lib("turn") end

case {
  id = "turn-client-001",
  title = "an Allocate request asks for UDP, with reserved bits that are zero",
  role = "turn-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r = s:signed()
    if not r then return end
    local a = r:attribute("REQUESTED-TRANSPORT")
    if not t:check("RFC8656:7.1#4", a ~= nil, "no REQUESTED-TRANSPORT", r) then return end
    t:check("RFC8656:7.1#a1", a.value == 17, "it asks for protocol " .. tostring(a.value), r)
    t:check("RFC8656:18.8#1a", (a.reserved or 0) == 0, "its reserved bits are not zero", r)
    s:grant(r)
  end
}

case {
  id = "turn-client-002",
  title = "after a challenge the request comes again with user name, realm and nonce, signed, in a new transaction",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local asked = s:ask()
    local first = s:first()
    if not first then return end
    s:challenge(first, 401, "the-nonce-of-the-case")
    local id = first.message.transaction
    local r = s.a:receive { timeout = 10, where = function(ev)
      return ev.event == "request" and ev.message and ev.message.transaction ~= id
    end }
    if not t:check("RFC8656:5#1b", r.message ~= nil, "no request follows the challenge", r) then return end
    local nonce = r:attribute("NONCE")
    t:check("RFC8489:9.2.5#3", nonce and nonce.value == "the-nonce-of-the-case", "the nonce is not that of the challenge", r)
    t:check("RFC8489:9.2.5#7", r.integrity == "good" or r.integrity256 == "good", "it is not signed by the account's key", r)
    s:grant(r)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8656:7.3#1" } }, "a signed Allocate success response")
  end
}
