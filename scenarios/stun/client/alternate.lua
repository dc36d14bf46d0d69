-- A STUN client that is sent to another server: RFC 8489 section 10, and 300 in 14.8.

-- The server that it is sent to, on a port of its own.
local function other(t, lib)
  local any = t.family == "ip6" and "[::]:3479" or "0.0.0.0:3479"
  return lib.server(t, { auth = "long", name = "other", listen = t.sim and any or nil })
end

case {
  id = "stun-client-054",
  title = "a signed 300 leads to the server that it names: same transport, same credentials",
  role = "stun-client",
  type = "V",
  needs = { "ask", "redirect", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, b = lib.server(t, { auth = "long", name = "first" }), other(t, lib)
    local asked, r = lib.authenticated(t, a, { nonce = "a1b2" })
    if not asked then return end
    lib.redirect(a, r, b.addr)
    local there = b:receive { timeout = 5, where = lib.is_request }
    if not t:check("RFC8489:10#a2", there.message ~= nil, "no request came to the other server", r) then return end
    t:check("RFC8489:10#a3", (there.flow >= 0x80000000) == (t.transport ~= "udp"),
      "the request came over another transport", there)
    local name = there:attribute("USERNAME")
    t:check("RFC8489:10#5", name ~= nil and name.value == t.profile.accounts[1].username and there.integrity == "good",
      "the request has not the credentials that the first server got", there)
    lib.reply(b, there, lib.signed(there))
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:10#a2" } }, "a success response of the other server")
  end
}

case {
  id = "stun-client-055",
  title = "a 300 without integrity leads nowhere",
  role = "stun-client",
  type = "X",
  needs = { "ask", "redirect", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, b = lib.server(t, { auth = "long", name = "first" }), other(t, lib)
    local asked, r = lib.authenticated(t, a, { nonce = "a1b2" })
    if not asked then return end
    lib.refuse(a, r, 300, { { type = "ALTERNATE-SERVER", address = b.addr } })
    t:never(b, 3, lib.is_request, "RFC8489:14.8#7b", "a request came to the other server")
  end
}

case {
  id = "stun-client-056",
  title = "two servers that send to one another do not get the request again and again",
  role = "stun-client",
  type = "X",
  needs = { "ask", "redirect", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, b = lib.server(t, { auth = "long", name = "first" }), other(t, lib)
    local asked, r = lib.authenticated(t, a, { nonce = "a1b2" })
    if not asked then return end
    lib.redirect(a, r, b.addr)
    local there = b:receive { timeout = 5, where = lib.is_request }
    if not there.message then
      t:inconc("RFC8489:10#a2", "no request came to the other server", r)
      return
    end
    lib.redirect(b, there, a.addr)
    t:never(a, 3, lib.not_of(r.message.transaction), "RFC8489:10#9", "the first server got the request again")
    lib.fails(t, b, asked, "RFC8489:10#9", "a redirection to the server before")
  end
}
