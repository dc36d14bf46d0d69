-- A STUN client that is sent to another server over TLS or DTLS: whom the certificate of that one has to name.
-- RFC 8489 section 10.

local ASKED = "stun.example.org"
local DOMAIN = "alternate.example.net"

-- The server that it is sent to, on a port of its own, with a certificate as `tls` says.
local function other(t, lib, tls)
  local any = t.family == "ip6" and "[::]:5350" or "0.0.0.0:5350"
  return lib.server(t, { auth = "long", name = "other", listen_tls = t.sim and any or nil, tls = tls })
end

local function host(s) return (s.addr:gsub(":%d+$", ""):gsub("[%[%]]", "")) end

local function first(t, lib) return lib.server(t, { auth = "long", name = "first" }) end

-- The IUT asks the first server, by its address, and is sent to the other by a response that a client of RFC
-- 8489 can act on. Returns what its user was promised; nil where it does not come so far.
local function sent_on(t, lib, a, b, domain)
  local offer = { nonce = lib.nonce { algorithms = true }, algorithms = { "SHA-256", "MD5" } }
  local asked, r = lib.authenticated(t, a, offer)
  if not asked then return nil end
  if not r:attribute("MESSAGE-INTEGRITY-SHA256") then
    t:skip("it does not sign by MESSAGE-INTEGRITY-SHA256: nobody tells it a domain")
  end
  lib.redirect(a, r, b.addr, domain)
  return asked
end

-- The IUT asks the first server by a name, which its certificate has. Returns the server, the promise and the
-- authenticated request.
local function by_name(t, lib)
  local any = t.family == "ip6" and "[::]:5349" or "0.0.0.0:5349"
  local a = lib.server(t, { auth = "long", name = "first", listen_tls = any, tls = { subject = ASKED } })
  t:zone { [ASKED] = { (a.addr:gsub(":%d+$", ":0")) } }
  local asked = t:ask_start("binding", { uri = "stuns:" .. ASKED .. ":5349" })
  return a, lib.authenticated(t, a, { nonce = "a1b2" }, asked)
end

-- The certificate of `b` is the right one: the request comes.
local function accepts(t, lib, b, asked, clause, what)
  local h = b:secured(20)
  if h.kind == "timeout" then
    t:inconc(clause, "the IUT began no handshake with the other server")
    return
  end
  if not t:check(clause, h.kind == "secured", what .. " is refused: " .. (h.why or "")) then return end
  local there = b:receive { timeout = 5, where = lib.is_request }
  if not t:check("RFC8489:10#a2", there.message ~= nil, "no request came to the other server", there) then return end
  lib.reply(b, there, lib.signed(there))
  t:expect(asked:wait(60), { { success = true, clause = "RFC8489:10#a2" } }, "a success response of the other server")
end

-- It is not: nothing comes.
local function refuses(t, lib, b, asked, clause, what)
  local h = b:secured(20)
  if h.kind == "timeout" then
    t:inconc(clause, "the IUT began no handshake with the other server")
    return
  end
  local sent = { kind = "timeout" }
  if h.kind == "secured" then
    sent = b:receive { timeout = 5, where = function(ev) return lib.is_request(ev) or ev.kind == "closed" end }
  else
    local said = asked:wait(60)
    t:check(clause, said.kind ~= "success", "the user was told of success")
    for _, ev in ipairs(b:pending()) do
      if lib.is_request(ev) then sent = ev end
    end
  end
  t:check(clause, not lib.is_request(sent), "a request was sent to a server " .. what, sent)
end

case {
  id = "stun-client-070",
  title = "with ALTERNATE-DOMAIN the other server is the one whose certificate names that domain",
  role = "stun-client",
  type = "V",
  needs = { "ask", "redirect", "password-algorithms", "tls", "dtls" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, b = first(t, lib), other(t, lib, { subject = DOMAIN })
    local asked = sent_on(t, lib, a, b, DOMAIN)
    if asked then accepts(t, lib, b, asked, "RFC8489:10#6", "a certificate for the domain in ALTERNATE-DOMAIN") end
  end
}

case {
  id = "stun-client-071",
  title = "with ALTERNATE-DOMAIN a certificate for what was asked at first is not enough",
  role = "stun-client",
  type = "X",
  needs = { "ask", "redirect", "password-algorithms", "tls", "dtls" },
  run = function(t)
    local lib = t:lib("stun").client
    local a = first(t, lib)
    local b = other(t, lib, { subject = host(a) })
    local asked = sent_on(t, lib, a, b, DOMAIN)
    if asked then
      refuses(t, lib, b, asked, "RFC8489:10#6", "whose certificate does not name the domain in ALTERNATE-DOMAIN")
    end
  end
}

case {
  id = "stun-client-072",
  title = "without ALTERNATE-DOMAIN the other server is the one whose certificate names the domain asked at first",
  role = "stun-client",
  type = "V",
  needs = { "ask", "redirect", "uri", "zone", "tls", "dtls" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, asked, r = by_name(t, lib)
    if not asked then return end
    local b = other(t, lib, { subject = ASKED })
    lib.redirect(a, r, b.addr)
    accepts(t, lib, b, asked, "RFC8489:10#8", "a certificate for the domain of the first request")
  end
}

case {
  id = "stun-client-073",
  title = "without ALTERNATE-DOMAIN a certificate for another domain is refused",
  role = "stun-client",
  type = "X",
  needs = { "ask", "redirect", "uri", "zone", "tls", "dtls" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, asked, r = by_name(t, lib)
    if not asked then return end
    local b = other(t, lib, { subject = DOMAIN })
    lib.redirect(a, r, b.addr)
    refuses(t, lib, b, asked, "RFC8489:10#8", "whose certificate does not name the domain of the first request")
  end
}

case {
  id = "stun-client-187",
  title = "a domain that stands in the other server's certificate as SRV-ID alone does not identify it",
  role = "stun-client",
  type = "X",
  needs = { "ask", "redirect", "password-algorithms", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    local lib = t:lib("stun").client
    local a, b = first(t, lib), other(t, lib, { subject = DOMAIN, srv_id = true })
    local asked = sent_on(t, lib, a, b, DOMAIN)
    if asked then refuses(t, lib, b, asked, "RFC8489:10#7", "that has a SRV-ID only") end
  end
}
