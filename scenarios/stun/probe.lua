-- What a STUN server does, for a first profile: asked over one transport, in at most four requests, each of
-- which a server has to stand. `rtclab probe` runs this once for each transport and family.

local function join(list)
  local out = {}
  for _, a in ipairs(list or {}) do out[#out + 1] = a.algorithm end
  return table.concat(out, ", ")
end

-- What the layer below said of the server's certificate.
local function handshake(t, c)
  local h = c:secured(5)
  if h.kind ~= "secured" then
    t:claim("silent", "no handshake", "the handshake ended: " .. tostring(h.why or h.kind))
    return
  end
  t:claim("security", h.version .. " " .. h.cipher, "what the handshake agreed on")
  if h.subject then t:claim("certificate", h.subject, "its issuer is " .. tostring(h.issuer)) end
  if not h.trusted and h.fingerprint then
    t:claim("tls.fingerprint", h.fingerprint, "its certificate is not trusted by itself; this one was shown")
  end
end

-- Who may speak: what the answer to a request without credentials shows.
local function who(t, r)
  local realm, nonce = r:attribute("REALM"), r:attribute("NONCE")
  if r.kind == "success" then
    t:claim("authentication", "none", "a Binding request without credentials was answered by success")
  elseif r.code == 401 and realm and nonce then
    local cookie, algorithms, anonymous = t:lib("stun").nonce(nonce.value)
    local offered = r:attribute("PASSWORD-ALGORITHMS")
    local why = "a Binding request without credentials was answered by 401 with REALM and NONCE"
    t:claim("authentication", "long", why)
    t:claim("supports", "auth-long", why)
    t:claim("requires", "auth-long", why)
    t:claim("realm", realm.value, "REALM of that response")
    if offered then t:claim("algorithms", join(offered.algorithms), "PASSWORD-ALGORITHMS of that response") end
    if cookie then
      t:claim("security features", (algorithms and "password algorithms" or "no password algorithms") ..
        (anonymous and ", user name anonymity" or ""), "the NONCE begins with the cookie for them")
    end
  elseif r.code == 400 or r.code == 401 then
    t:claim("authentication", "short, it seems",
      "a Binding request without credentials was answered by " .. r.code .. " without REALM and NONCE")
  end
end

local function facts(t, r)
  local software, other = r:attribute("SOFTWARE"), r:attribute("OTHER-ADDRESS")
  local elsewhere = r:attribute("ALTERNATE-SERVER")
  if software then t:claim("software", software.value, "SOFTWARE of its response") end
  if elsewhere then
    t:claim("alternate server", elsewhere.address, "ALTERNATE-SERVER in a response of " .. tostring(r.code))
  end
  if other then t:claim("other address", other.address, "OTHER-ADDRESS of its response") end
  return other and other.address
end

local function fingerprint(t, c, r)
  local when = r:attribute("FINGERPRINT") and "always" or nil
  if not when then
    local again = c:request { class = "request", attributes = { "FINGERPRINT" } }
    if again.message then when = again:attribute("FINGERPRINT") and "when the request has it" or "never" end
  end
  if when then t:claim("fingerprint", when, "responses to requests without and with FINGERPRINT") end
end

local function classic(t)
  local c, id = t:actor("client", "stun"), "classic-16-octet"
  c:send { class = "request", transaction = id }
  local r = c:receive { timeout = 1, where = function(ev) return ev.message ~= nil end }
  t:allow(c)
  local why = "a request without the magic cookie was answered with its id of 16 octets"
  if not r.message or r.message.transaction ~= id then return end
  if r.message.class == "success" then
    t:claim("supports", "classic", why .. ", by success")
  else
    t:claim("classic clients", "refused", why .. ", by an error")
  end
end

local function discovery(t, c, other)
  local r = c:request { class = "request", attributes = { { type = "CHANGE-REQUEST", value = 6 } } }
  if r.kind == "success" and r.from == other then
    t:claim("supports", "nat-discovery", "asked to change both, it answered from " .. other)
  end
end

case {
  id = "stun-probe",
  title = "what a STUN server does",
  role = "stun-server",
  type = "V",
  run = function(t)
    local secure = t.transport == "tls" or t.transport == "dtls"
    local c = t:actor("client", "stun", secure and { tls = { insecure = true } } or nil)
    t:allow(c)
    local r = c:request { class = "request" }
    if r.kind ~= "success" and r.kind ~= "error" then
      t:claim("silent", r.kind, "a Binding request: " .. (r.why or r.kind))
      return
    end
    t:claim("transports", t.transport, "a Binding request was answered: " .. (r.code or r.kind))
    t:claim("families", t.family, "a Binding request was answered: " .. (r.code or r.kind))
    if secure then handshake(t, c) end
    who(t, r)
    local other = facts(t, r)
    fingerprint(t, c, r)
    if t.transport == "udp" then
      classic(t)
      if other then discovery(t, c, other) end
    end
  end
}
