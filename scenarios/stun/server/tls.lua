-- What a STUN server does about TLS and DTLS: RFC 8489 sections 6.2.3, 11 and 13. Cases with the tag
-- tls-wire are about what the simulator's model does not have, and run on real sockets only.

-- Ask for one Binding over TLS as `tls` says; the event of the handshake. Where it failed for another
-- reason than that no cipher suite was common, the case cannot say anything: nil.
local function handshake(t, tls, clause)
  local c = t:actor("client", "stun", { tls = tls })
  c:request { class = "request" }
  local h = c:secured(5)
  t:allow(c)
  if h.kind == "secured" then return h end
  if h.kind == "failed" and (h.why:find("handshake failure") or h.why:find("insufficient security")) then
    return h
  end
  t:inconc(clause, "the handshake ended otherwise: " .. (h.why or h.kind))
  return nil
end

case {
  id = "stun-server-180",
  title = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is implemented",
  role = "stun-server",
  type = "V",
  needs = { "tls", "dtls", "tls-rsa" },
  tags = { "tls-wire" },
  run = function(t)
    local h = handshake(t, { max = "1.2", ciphers = "ECDHE-RSA-AES128-GCM-SHA256" }, "RFC8489:6.2.3#1b")
    if h then t:check("RFC8489:6.2.3#1b", h.kind == "secured", "it is refused: " .. (h.why or "")) end
  end
}

case {
  id = "stun-server-181",
  title = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 is implemented",
  role = "stun-server",
  type = "V",
  needs = { "tls", "dtls", "tls-rsa" },
  tags = { "tls-wire" },
  run = function(t)
    local h = handshake(t, { max = "1.2", ciphers = "DHE-RSA-AES128-GCM-SHA256" }, "RFC8489:6.2.3#1a")
    if h then t:check("RFC8489:6.2.3#1a", h.kind == "secured", "it is refused: " .. (h.why or "")) end
  end
}

case {
  id = "stun-server-182",
  title = "a cipher suite with forward secrecy is preferred, whatever the client prefers",
  role = "stun-server",
  type = "V",
  needs = { "tls", "dtls", "tls-rsa" },
  tags = { "tls-wire" },
  run = function(t)
    local h = handshake(t, { max = "1.2", ciphers = "AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256" },
      "RFC8489:6.2.3#4")
    if not h then return end
    if h.kind ~= "secured" then
      t:inconc("RFC8489:6.2.3#4", "neither suite is taken: " .. (h.why or ""))
    else
      t:check("RFC8489:6.2.3#4", h.cipher:find("DHE") ~= nil, "the server chose " .. h.cipher)
    end
  end
}

case {
  id = "stun-server-183",
  title = "a server that speaks TLS 1.3 has TLS_AES_128_GCM_SHA256",
  role = "stun-server",
  type = "V",
  needs = { "tls" },
  tags = { "tls-wire" },
  run = function(t)
    local any = handshake(t, {}, "RFC8489:6.2.3#3a")
    if not any then return end
    if any.version ~= "TLSv1.3" then t:skip("the server does not speak TLS 1.3") end
    local h = handshake(t, { min = "1.3", suites = "TLS_AES_128_GCM_SHA256" }, "RFC8489:6.2.3#3a")
    if h then t:check("RFC8489:6.2.3#3a", h.kind == "secured", "it is refused: " .. (h.why or "")) end
  end
}

case {
  id = "stun-server-184",
  title = "a cipher suite that does not encrypt is not taken",
  role = "stun-server",
  type = "X",
  needs = { "tls", "dtls", "tls-rsa" },
  tags = { "tls-wire" },
  run = function(t)
    local h = handshake(t, { max = "1.2", ciphers = "NULL-SHA256:NULL-SHA:@SECLEVEL=0" }, "RFC8489:6.2.3#5")
    if h then t:check("RFC8489:6.2.3#5", h.kind == "failed", "the server chose " .. (h.cipher or "it")) end
  end
}

case {
  id = "stun-server-185",
  title = "over DTLS no handshake goes on before the client has returned a cookie",
  role = "stun-server",
  type = "V",
  needs = { "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    local c = t:actor("client", "stun", { tls = {} })
    c:request { class = "request" }
    local h = c:secured(5)
    t:allow(c)
    if h.kind == "secured" then
      t:check("RFC8489:13#a1", h.cookie, "there was no HelloVerifyRequest")
    else
      t:inconc("RFC8489:13#a1", "the handshake ended otherwise: " .. (h.why or h.kind))
    end
  end
}

case {
  id = "stun-server-186",
  title = "classic STUN is not served over DTLS: a request earns 500, an indication nothing",
  role = "stun-server",
  type = "X",
  needs = { "dtls" },
  run = function(t)
    local c = t:actor("client", "stun")
    if not t:sanity(c, "RFC8489:11#2a") then return end
    local id = "classic-16-octet"
    local r = c:exchange { class = "request", transaction = id }
    t:expect(r, { { error = 500, clause = "RFC8489:11#2a" } }, "a request without the magic cookie")
    t:allow(c)
    c:send { class = "indication", transaction = "classic-16-other" }
    t:silence(c, "RFC8489:11#2b", "an indication without the magic cookie")
  end
}

case {
  id = "stun-server-187",
  title = "with a client that speaks TLS 1.3 no cipher suite is used that TLS 1.3 has done away with",
  role = "stun-server",
  type = "X",
  needs = { "tls", "tls-rsa" },
  tags = { "tls-wire" },
  run = function(t)
    local any = handshake(t, {}, "RFC8489:6.2.3#3b")
    if not any then return end
    if any.version ~= "TLSv1.3" then t:skip("the server does not speak TLS 1.3") end
    local h = handshake(t, { ciphers = "AES128-SHA" }, "RFC8489:6.2.3#3b") -- static RSA; and TLS 1.3
    if h then
      t:check("RFC8489:6.2.3#3b", h.cipher ~= "AES128-SHA", "the server chose " .. (h.cipher or "it"))
    end
  end
}
