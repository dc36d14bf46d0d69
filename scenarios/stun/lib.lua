-- scenarios/stun/lib.lua - conveniences of STUN cases, over what the binding gives.
local event, actor, lib = {}, {}, {}
lib.event, lib.actor = event, actor

---------------------------------------------------------------- a message

-- The attributes of a type, in order.
function event.attributes(r, type)
  local out = {}
  for _, a in ipairs(r.message and r.message.attributes or {}) do
    if a.type == type then out[#out + 1] = a end
  end
  return out
end

-- The first attribute of a type, nil: none.
function event.attribute(r, type) return r:attributes(type)[1] end

-- Whether a list of types (UNKNOWN-ATTRIBUTES) names `value`.
function event.lists(r, type, value)
  local a = r:attribute(type)
  for _, v in ipairs(a and a.types or {}) do
    if v == value then return true end
  end
  return false
end

-- The first type in that list that is none of `allowed`; nil: all are.
function event.lists_other(r, type, allowed)
  local a = r:attribute(type)
  for _, v in ipairs(a and a.types or {}) do
    local fits = false
    for _, w in ipairs(allowed) do fits = fits or v == w end
    if not fits then return v end
  end
end

-- What makes two responses answers to the same request: a server may make a retransmission's anew.
function event.key(r)
  local m = r.message
  if m and (m.class == "success" or m.class == "error") then return m.method .. " " .. m.transaction end
  return r.octets
end

-- Whether a Binding request was answered by what a server of the Internet should not do (RFC8489:12): ask
-- for credentials, or redirect. The check is made, and the case has nothing more to see.
function event.refused(r, t)
  if r.kind == "error" and r.code == 401 then
    t:check("RFC8489:12#2", false, "Binding asks for credentials", r)
    return true
  elseif r.kind == "error" and r.code == 300 then
    t:check("RFC8489:12#3", false, "Binding is redirected", r)
    return true
  end
  return false
end

-- Whether the address in a response can be held against our own: not behind a NAT or a relay.
function lib.direct(t)
  if t.relayed then return false end
  return t.sim or t.profile.direct or t.target:match("^127%.") ~= nil or t.target:match("^%[::1%]") ~= nil
end

-- The clause that gives the mapped address its meaning over this transport.
function lib.source(t) return not t.stream and "RFC8489:6.3.1.1#a7" or "RFC8489:6.3.1.1#a8" end

---------------------------------------------------------------- long-term credentials

local base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- The security features in a NONCE: whether it begins with the cookie, has the bit for password algorithms,
-- the bit for user name anonymity.
function lib.nonce(value)
  local c = (value or ""):match("^obMatJos2([%w+/])")
  if not c then return false, false, false end
  local six = base64:find(c, 1, true) - 1
  return true, six & 32 ~= 0, six & 16 ~= 0
end

-- The arguments of a request that answers the challenge `r` for an account. opts: without (an attribute
-- left out), password, username, nonce, algorithm, algorithms (instead of what the challenge asks for).
-- nil where the server asks for what a case cannot give.
function event.credentials(r, account, opts)
  opts = opts or {}
  local realm, nonce = r:attribute("REALM"), r:attribute("NONCE")
  local offered = r:attribute("PASSWORD-ALGORITHMS")
  local _, _, anonymous = lib.nonce(nonce and nonce.value)
  local list, chosen = {}, nil
  if anonymous then return nil end
  local function add(a) if opts.without ~= a.type then list[#list + 1] = a end end
  add { type = "USERNAME", value = opts.username or account.username }
  add { type = "REALM", value = realm and realm.value or account.realm }
  add { type = "NONCE", value = opts.nonce or (nonce and nonce.value) or "" }
  if offered then
    for _, a in ipairs(offered.algorithms or {}) do -- the first that is supported: RFC8489:9.2.5#9
      if not chosen and (a.algorithm == "SHA-256" or a.algorithm == "MD5") then chosen = a.algorithm end
    end
    if not chosen then return nil end
    add { type = "PASSWORD-ALGORITHMS", algorithms = opts.algorithms or offered.algorithms }
    add { type = "PASSWORD-ALGORITHM", algorithm = opts.algorithm or chosen }
  end
  list[#list + 1] = offered and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY"
  return {
    class = "request", attributes = list, auth = "long", algorithm = chosen or "MD5",
    realm = realm and realm.value or account.realm, username = opts.username or account.username,
    password = opts.password or account.password,
  }
end

---------------------------------------------------------------- an actor

-- Send a message without a transaction and take the next that arrives, whatever its transaction id: for
-- checks of the header itself. Over datagrams it is sent up to four times, since one can be lost. `kind` of
-- what comes is "success", "error" or "message"; "timeout": nothing.
function actor.exchange(c, args)
  args.method = args.method or "binding"
  local r
  for _ = 1, c.stream and 1 or 4 do
    c:send(args)
    r = c:receive { timeout = c.stream and 5 or 1,
      where = function(ev) return ev.message ~= nil or ev.kind == "closed" end }
    if r.kind ~= "timeout" then break end
  end
  if r.message and (r.message.class == "success" or r.message.class == "error") then r.kind = r.message.class end
  return r
end

-- A valid exchange on the actor's flow; a challenge is one too. Where the server has closed a stream, that
-- is checked, and a new one tried.
function lib.sanity(t, c, clause)
  local r = c:request { class = "request" }
  if r.kind == "closed" and t.stream then
    t:check("RFC8489:6.2.2#6", false, "the server closed the connection", r)
    r = c:request { class = "request" }
  end
  if r.kind == "success" or r.kind == "error" then return r end
  t:inconc(clause, "the server does not answer a valid request any more (" .. tostring(r.kind) .. ")", r)
  return nil
end

return lib
