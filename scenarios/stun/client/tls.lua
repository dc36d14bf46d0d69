-- What a STUN client makes of a server's certificate, and what it offers: RFC 8489 section 6.2.3. The IUT
-- is asked for a Binding by the upper tester; the case plays the server.

local function is_request(ev) return ev.event == "request" and ev.message ~= nil end

-- The IUT meets a server whose certificate is as `tls` says. Returns the server, what the user of the IUT
-- was told, and the handshake's event; nil where the IUT did not try.
local function meet(t, tls, clause)
  local s = t:actor("server", "stun", { manual = true, tls = tls })
  t:allow(s)
  local asked = t:ask_start("binding", { server = s.addr })
  local h = s:secured(20)
  if h.kind == "timeout" then
    t:inconc(clause, "the IUT began no handshake")
    return nil
  end
  return s, asked, h
end

-- After a certificate that is not good the IUT must not go on; `verifies` is a clause that says what it has to
-- look at for that.
local function judge(t, s, asked, h, clause, what, verifies)
  if h.kind == "secured" then -- in TLS 1.3 and DTLS too: the client's Finished has come
    local r = s:receive { timeout = 5, where = function(ev) return is_request(ev) or ev.kind == "closed" end }
    local sent = is_request(r)
    t:check(clause, not sent, "a request was sent to a server " .. what, r)
    -- the certificate may be looked at behind the handshake: what counts is that nothing follows
    local refused = not sent and asked:wait(60).kind ~= "success"
    t:check("RFC8489:6.2.3#8", refused, "the IUT took a server " .. what .. " for the right one", r)
    if verifies then t:check(verifies, refused, "the IUT took a server " .. what .. " for the right one", r) end
  else
    local a = asked:wait(60)
    t:check("RFC8489:6.2.3#8", a.kind ~= "success", "the user was told of success")
    if verifies then t:check(verifies, a.kind ~= "success", "the user was told of success") end
    local sent = false
    for _, ev in ipairs(s:pending()) do sent = sent or is_request(ev) end
    t:check(clause, not sent, "a request was sent to a server " .. what)
  end
end

local function refuses(t, tls, clause, what, verifies)
  local s, asked, h = meet(t, tls, clause)
  if s then judge(t, s, asked, h, clause, what, verifies) end
end

case {
  id = "stun-client-180",
  title = "a certificate that has expired ends the transaction before a message is sent",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { expired = true }, "RFC8489:6.2.3#9a", "whose certificate has expired")
  end
}

case {
  id = "stun-client-181",
  title = "a certificate that is not valid yet ends the transaction before a message is sent",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { not_yet = true }, "RFC8489:6.2.3#9a", "whose certificate is not valid yet")
  end
}

case {
  id = "stun-client-182",
  title = "a certificate of an unknown issuer ends the transaction before a message is sent",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { invalid = true }, "RFC8489:6.2.3#9a", "whose certificate has an unknown issuer")
  end
}

case {
  id = "stun-client-183",
  title = "a self-signed certificate that nobody vouches for ends the transaction before a message is sent",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { self_signed = true }, "RFC8489:6.2.3#9a", "whose certificate is self-signed")
  end
}

case {
  id = "stun-client-184",
  title = "a certificate of somebody else ends the transaction before a message is sent",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { subject = "other.example,192.0.2.9" }, "RFC8489:6.2.3#9c", "with somebody else's certificate",
      "RFC8489:6.2.3#10")
  end
}

case {
  id = "stun-client-185",
  title = "a name that stands in the certificate as SRV-ID alone does not identify the server",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    refuses(t, { srv_id = true }, "RFC8489:6.2.3#a1", "that has a SRV-ID only")
  end
}

-- A cipher suite by OpenSSL's name: forward secret, weak. Those of TLS 1.3 begin with TLS_.
local function forward(name) return name:find("^TLS_") or name:find("DHE") end
local function weak(name)
  for _, bad in ipairs { "NULL", "RC4", "DES", "EXP", "ADH", "AECDH", "MD5" } do
    if name:find(bad, 1, true) then return true end
  end
  return false
end

case {
  id = "stun-client-186",
  title = "a client offers forward secrecy first, no weak cipher suite and no compression",
  role = "stun-client",
  type = "V",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    local s, _, h = meet(t, {}, "RFC8489:6.2.3#4")
    if not s then return end
    if not h.offered then
      t:inconc("RFC8489:6.2.3#4", "there was no client hello to be read: " .. (h.why or h.kind))
      return
    end
    local before, order, bad = nil, nil, nil
    for name in h.offered:gmatch("[^:]+") do
      if not name:find("_SCSV$") and not name:find("^0x") then -- what is no suite, what is not known
        if weak(name) then bad = bad or name end
        if not forward(name) then before = before or name
        elseif before then order = order or name end
      end
    end
    t:check("RFC8489:6.2.3#5", not bad, (bad or "") .. " is offered")
    t:check("RFC8489:6.2.3#4", not order, (before or "") .. " is preferred to " .. (order or ""))
    t:check("RFC8489:6.2.3#6", h.compressions == 0, "compression is offered")
  end
}

case {
  id = "stun-client-188",
  title = "over DTLS a client sends the magic cookie",
  role = "stun-client",
  type = "V",
  needs = { "ask", "dtls" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s, nil, true)
    if not r then return end
    t:check("RFC8489:11#1", r.message.cookie == 0x2112a442, "a request of classic STUN came over DTLS", r)
    lib.reply(s, r)
    asked:wait(60)
  end
}

case {
  id = "stun-client-189",
  title = "a client that has found TLS 1.3 uses no cipher suite any more that TLS 1.3 has done away with",
  role = "stun-client",
  type = "X",
  needs = { "ask", "session", "tls" },
  tags = { "tls-wire" },
  run = function(t)
    local lib = t:lib("stun").client
    local s, asked, h = meet(t, { rsa = true }, "RFC8489:6.2.3#3b")
    if not s then return end
    if h.version ~= "TLSv1.3" then t:skip("the client does not speak TLS 1.3") end
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r)
    asked:wait(60)
    s:hang_up { id = r.id }
    s:pending() -- it may have closed its connection by itself
    s:tls { max = "1.2", ciphers = "AES128-SHA" } -- static RSA
    lib.ask(t, s.addr)
    h = s:secured(20)
    if h.kind == "timeout" then
      t:inconc("RFC8489:6.2.3#3b", "the IUT began no second handshake")
      return
    end
    if h.kind == "secured" then -- it may look at the cipher suite behind the handshake
      r = s:receive { timeout = 5, where = function(ev) return is_request(ev) or ev.kind == "closed" end }
    end
    t:check("RFC8489:6.2.3#3b", h.kind ~= "secured" or not is_request(r), "a request was sent under " ..
      (h.cipher or "it") .. " to a server that has TLS 1.3", r)
  end
}

case {
  id = "stun-client-190",
  title = "a certificate that is revoked, as the server's own OCSP response says, ends the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask", "tls", "dtls" },
  tags = { "tls-wire" },
  run = function(t)
    local s, asked, h = meet(t, { revoked = true }, "RFC8489:6.2.3#9b")
    if not s then return end
    if not h.status_asked then t:skip("the client does not ask for an OCSP response: it may have other means") end
    judge(t, s, asked, h, "RFC8489:6.2.3#9b", "whose certificate is revoked")
  end
}
