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

-- The value of one character of base64.
function lib.six(c) return base64:find(c, 1, true) - 1 end

-- The security features in a NONCE: whether it begins with the cookie, has the bit for password algorithms,
-- the bit for user name anonymity.
function lib.nonce(value)
  local c = (value or ""):match("^obMatJos2([%w+/])")
  if not c then return false, false, false end
  local six = lib.six(c)
  return true, six & 32 ~= 0, six & 16 ~= 0
end

-- The arguments of a request that answers the challenge `r` for an account. opts: without (an attribute
-- left out), password, username, nonce, algorithm, algorithms (instead of what the challenge asks for),
-- plain (no PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS, as clients of RFC 5389), integrity (the names of the
-- attributes that sign), extra (attributes before those), once more `id` (the transaction).
-- nil where the server offers no algorithm that a case can use.
function event.credentials(r, account, opts)
  opts = opts or {}
  local realm, nonce = r:attribute("REALM"), r:attribute("NONCE")
  local offered = not opts.plain and r:attribute("PASSWORD-ALGORITHMS") or nil
  local _, _, anonymous = lib.nonce(nonce and nonce.value)
  local list, chosen = {}, nil
  local function add(a) if opts.without ~= a.type then list[#list + 1] = a end end
  if not anonymous or opts.named then
    add { type = "USERNAME", value = opts.username or account.username }
  elseif opts.without ~= "USERNAME" then
    add { type = "USERHASH" } -- of the arguments' user name and realm
  end
  add { type = "REALM", value = realm and realm.value or account.realm }
  add { type = "NONCE", value = opts.nonce or (nonce and nonce.value) or "" }
  if offered then
    for _, a in ipairs(offered.algorithms or {}) do -- the first that is supported: RFC8489:9.2.5#9
      if not chosen and (a.algorithm == "SHA-256" or a.algorithm == "MD5") then chosen = a.algorithm end
    end
    if not chosen then return nil end
    add { type = "PASSWORD-ALGORITHMS", algorithms = opts.algorithms or offered.algorithms }
    add { type = "PASSWORD-ALGORITHM", algorithm = opts.algorithm or chosen }
    if opts.algorithm == "MD5" or opts.algorithm == "SHA-256" then chosen = opts.algorithm end
  end
  for _, a in ipairs(opts.extra or {}) do list[#list + 1] = a end
  for _, name in ipairs(opts.integrity or { offered and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY" }) do
    list[#list + 1] = name
  end
  return {
    class = "request", attributes = list, auth = "long", algorithm = chosen or "MD5", transaction = opts.id,
    realm = realm and realm.value or account.realm, username = opts.username or account.username,
    password = opts.password or account.password,
  }
end

---------------------------------------------------------------- a client under test

-- What a user of a client can ask for, and with what.
lib.asks = {
  ["stun-client"] = {
    first = "binding", -- what a client does that is started without more
    binding = { "server", "uri", "username", "password" },
    keep_alive = { "server", "username", "password" },
  },
}

local client = {}
lib.client = client

-- The case plays the server: nothing is answered but by s:reply. auth: "short", "long"; account: the one
-- that it knows, in place of the profile's first.
function client.server(t, config)
  config = config or {}
  config.manual = true
  local account = config.account or (t.profile.accounts or {})[1]
  config.account = nil
  if config.auth and account then
    config.users = { { username = account.username, password = account.password } }
    config.realm = account.realm
  end
  local s = t:actor("server", "stun", config)
  t:allow(s) -- retransmissions, and what else a client does beside
  return s
end

-- Ask the IUT for a Binding at `server`, with the account that it has there.
function client.ask(t, server, args)
  args = args or {}
  local account = args.account or (t.profile.accounts or {})[1] or {}
  args.account = nil
  args.server, args.username, args.password = server, account.username, account.password
  return t:ask_start("binding", args)
end

-- Another address of the server's host, where nobody listens.
function client.nobody(s) return (s.addr:gsub(":%d+$", ":9")) end

function client.is_request(ev) return ev.event == "request" and ev.message ~= nil end

-- Requests of one transaction, or of any other.
function client.of(id) return function(ev) return client.is_request(ev) and ev.message.transaction == id end end
function client.not_of(id) return function(ev) return client.is_request(ev) and ev.message.transaction ~= id end end

-- The first request of the IUT; nil, with an inconclusive check, where none comes. A classic one, without
-- magic cookie, ends the case, unless `classic`.
function client.request(t, s, where, classic)
  local r = s:receive { timeout = 10, where = where or client.is_request }
  if not r.message then
    t:inconc("RFC8489:6.1#a1", "the IUT was asked for a Binding and sent no request", r)
    return nil
  end
  if r.message.cookie ~= 0x2112a442 and not classic then
    t:skip("it sends no magic cookie: a client of RFC 3489, which nothing of this is said to")
  end
  return r
end

-- The attributes of an answer to `r`: with FINGERPRINT where the request has it, since then the usage has; in
-- the form of RFC 3489 where the request is one (RFC8489:11).
function client.answer(r, list)
  local type = r.message.cookie ~= 0x2112a442 and "MAPPED-ADDRESS" or "XOR-MAPPED-ADDRESS"
  list = list or { { type = type, address = r.from } }
  if r:attribute("FINGERPRINT") then list[#list + 1] = "FINGERPRINT" end
  return list
end

function client.reply(s, r, list, more)
  local args = more or {}
  args.id, args.attributes = r.id, client.answer(r, list)
  return s:reply(args)
end

-- An error response: code, then more attributes.
function client.refuse(s, r, code, list, more)
  local all = { { type = "ERROR-CODE", code = code, reason = "" } }
  for _, a in ipairs(list or {}) do all[#all + 1] = a end
  more = more or {}
  more.class = "error"
  return client.reply(s, r, all, more)
end

-- From now on every request is answered by success; the table that is returned counts them.
function client.serve(t, s)
  local seen = { n = 0, requests = {} }
  t:spawn(function()
    while true do
      local r = s:receive { timeout = 3600 / t.scale, where = client.is_request }
      if not r.message then return end
      seen.n = seen.n + 1
      seen.requests[seen.n] = r
      client.reply(s, r)
    end
  end)
  return seen
end

-- The request was refused for good: the IUT reports that, and neither goes on as if nothing had come nor
-- succeeds. From now on its requests are answered: one that goes on is seen.
function client.fails(t, s, asked, clause, what)
  client.serve(t, s)
  return t:expect(asked:wait(60), {
    { kind = "error", clause = clause }, { kind = "failed", clause = clause },
    { kind = "closed", clause = clause },
  }, what)
end

-- A NONCE with the cookie of RFC8489:9.2.
function client.nonce(features, rest)
  local bits = (features.algorithms and 32 or 0) + (features.anonymity and 16 or 0)
  return "obMatJos2" .. base64:sub(bits + 1, bits + 1) .. "AAA" .. (rest or "f8a1")
end

-- The attributes of a challenge; opts: nonce, realm, algorithms (a list of names or numbers).
function client.challenge(t, opts)
  local account = (t.profile.accounts or {})[1]
  local list = {
    { type = "REALM", value = opts.realm or account.realm or "interop.test" },
    { type = "NONCE", value = opts.nonce },
  }
  if opts.algorithms then
    local offered = {}
    for i, a in ipairs(opts.algorithms) do offered[i] = { algorithm = a } end
    list[3] = { type = "PASSWORD-ALGORITHMS", algorithms = offered }
  end
  return list
end

-- The integrity attribute and key with which the server answers `r`, as the request has them.
function client.signed(r, list)
  list = list or { { type = "XOR-MAPPED-ADDRESS", address = r.from } }
  local sha256 = r:attribute("MESSAGE-INTEGRITY-SHA256") ~= nil
  list[#list + 1] = sha256 and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY"
  local chosen = r:attribute("PASSWORD-ALGORITHM")
  return list, { algorithm = chosen and chosen.algorithm == "SHA-256" and "SHA-256" or "MD5" }
end

-- The same, with a value that is wrong.
function client.forged(r, list)
  list = list or { { type = "XOR-MAPPED-ADDRESS", address = "192.0.2.99:9" } }
  local sha256 = r:attribute("MESSAGE-INTEGRITY-SHA256") ~= nil
  list[#list + 1] = { type = sha256 and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY",
    value = ("\x5a"):rep(sha256 and 32 or 20) }
  return list
end

-- An authenticated exchange from the first request on: 401, then success. Returns the authenticated request
-- and what the IUT says; nil, with a check, where it does not come so far.
function client.login(t, s, opts)
  local asked = client.ask(t, s.addr)
  local first = client.request(t, s)
  if not first then return nil end
  client.refuse(s, first, 401, client.challenge(t, opts))
  local r = client.request(t, s, client.not_of(first.message.transaction))
  if not r then return nil end
  client.reply(s, r, client.signed(r))
  local said = asked:wait(60)
  if not t:expect(said, { { success = true, clause = "RFC8489:9.2.5#a1" } }, "a signed success response") then
    return nil
  end
  return r, said
end

-- Lead the IUT to its first authenticated request at `s`, by a challenge with `opts`. Returns the promise and
-- the request; nil where it does not come so far. asked: the promise, where the IUT has been asked.
function client.authenticated(t, s, opts, asked)
  asked = asked or client.ask(t, s.addr)
  local first = client.request(t, s)
  if not first then return nil end
  client.refuse(s, first, 401, client.challenge(t, opts))
  local r = client.request(t, s, client.not_of(first.message.transaction))
  if not r then return nil end
  return asked, r
end

-- Send who asked `r` to another server, signed as the request is; `domain`, if any, is ALTERNATE-DOMAIN.
function client.redirect(s, r, to, domain)
  local all = { { type = "ERROR-CODE", code = 300, reason = "" }, { type = "ALTERNATE-SERVER", address = to } }
  if domain then all[3] = { type = "ALTERNATE-DOMAIN", value = domain } end
  local list, more = client.signed(r, all)
  more.id, more.class, more.attributes = r.id, "error", list
  s:reply(more)
end

-- The challenge that a request without credentials gets; nil, with a check made, where it is none.
function lib.challenge(t, c)
  local r = c:request { class = "request" }
  if not t:expect(r, { { error = 401, clause = "RFC8489:9.2.4#2" } }, "a request without credentials") then return end
  local realm = t:check("RFC8489:9.2.4#3", r:attribute("REALM") ~= nil, "no REALM", r)
  local nonce = t:check("RFC8489:9.2.4#4", r:attribute("NONCE") ~= nil, "no NONCE", r)
  return realm and nonce and r or nil
end

-- The answer to a request with credentials; a nonce may be revoked at any time (RFC8489:9.2.4#a7), so one 438
-- is followed. nil, with a check made, where the server asks for what a case cannot give. The second result is
-- the challenge that was answered last.
function lib.signed(t, c, r, opts)
  for _ = 1, 2 do
    local args = r:credentials(opts and opts.account or t.profile.accounts[1], opts)
    if not args then
      t:inconc("RFC8489:9.2.4#a8", "the server asks for an algorithm that is not known", r)
      return nil
    end
    local got = c:request(args)
    if got.code ~= 438 or not got:attribute("NONCE") or (opts and opts.nonce) then return got, r end
    r = got
  end
  return r, r
end

-- An answer to a request with the given options; nil, with checks made, where that does not come about.
function lib.authenticated(t, c, opts)
  local r = lib.challenge(t, c)
  if not r then return nil end
  return lib.signed(t, c, r, opts)
end

---------------------------------------------------------------- short-term credentials

-- The arguments of a request under a short-term credential. opts: without, username, password, integrity (names
-- of the attributes that sign, MESSAGE-INTEGRITY-SHA256 unless told), extra (attributes before them), behind
-- (attributes after them), cut256 (octets of MESSAGE-INTEGRITY-SHA256), class.
function lib.short(account, opts)
  opts = opts or {}
  local list = {}
  local function add(a) if opts.without ~= (a.type or a) then list[#list + 1] = a end end
  add { type = "USERNAME", value = opts.username or account.username }
  for _, a in ipairs(opts.extra or {}) do add(a) end
  for _, a in ipairs(opts.integrity or { "MESSAGE-INTEGRITY-SHA256" }) do add(a) end
  for _, a in ipairs(opts.behind or {}) do add(a) end
  return { class = opts.class or "request", attributes = list, auth = "short", cut256 = opts.cut256,
    password = opts.password or account.password }
end

-- The account whose name is not ASCII, as it goes on the wire and into keys.
function lib.unicode(t)
  for _, a in ipairs(t.profile.accounts) do
    if a.username:find("[\x80-\xff]") then
      return { username = t:opaque(a.username), password = t:opaque(a.password), realm = a.realm }
    end
  end
  t:skip("no account of the profile has a name that is not ASCII")
end

-- An error response of short-term credentials carries nothing that a client could take for proof.
function lib.unsigned(r)
  return not (r:attribute("MESSAGE-INTEGRITY") or r:attribute("MESSAGE-INTEGRITY-SHA256") or
    r:attribute("USERNAME"))
end

---------------------------------------------------------------- text and octets

-- The reason phrases that the registry recommends, by error code.
lib.reasons = {
  [300] = "Try Alternate", [400] = "Bad Request", [401] = "Unauthenticated", [420] = "Unknown Attribute",
  [438] = "Stale Nonce", [500] = "Server Error",
}

-- The CRC-32 of ITU V.42.
function lib.crc32(octets)
  local crc = 0xffffffff
  for i = 1, #octets do
    crc = crc ~ octets:byte(i)
    for _ = 1, 8 do crc = crc >> 1 ~ (crc & 1) * 0xedb88320 end
  end
  return crc ~ 0xffffffff
end

-- Whether whole attributes, and nothing else, follow the header up to the end of a message.
function lib.whole(octets)
  local at = 21
  while at + 3 <= #octets do at = at + 4 + (string.unpack(">I2", octets, at + 2) + 3) // 4 * 4 end
  return at == #octets + 1
end

-- The value of the first attribute of a type as it stands in the octets of a message; nil: none.
function lib.raw(octets, type)
  local at = 21
  while at + 3 <= #octets do
    local kind, length = string.unpack(">I2I2", octets, at)
    if kind == type then return octets:sub(at + 4, at + 3 + length) end
    at = at + 4 + (length + 3) // 4 * 4
  end
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

-- A valid exchange on the actor's flow; a challenge is one too. An actor's `sane` says what is valid where a
-- bare request is not. Where the server has closed a stream, that
-- is checked, and a new one tried.
function lib.sanity(t, c, clause)
  local args = c.sane or { class = "request" }
  local r = c:request(args)
  if r.kind == "closed" and t.stream then
    t:check("RFC8489:6.2.2#6", false, "the server closed the connection", r)
    r = c:request(args)
  end
  if r.kind == "success" or r.kind == "error" then return r end
  t:inconc(clause, "the server does not answer a valid request any more (" .. tostring(r.kind) .. ")", r)
  return nil
end

---------------------------------------------------------------- for the templates of t:lib("robust")

lib.robust = { derived = { length = true, cookie = true, padding = true, transaction = true } }

function lib.robust.id(octets) return #octets >= 20 and octets:sub(9, 20) or nil end

function lib.robust.with_id(octets, n) return octets:sub(1, 8) .. ("bad%09d"):format(n) .. octets:sub(21) end

function lib.robust.answer(ev)
  local m = ev.message
  if not m then return "what is no message" end
  return m.class == "success" or m.class == "error" or "a message of class " .. tostring(m.class)
end

function lib.robust.exchange(_, c, args, n)
  local id = ("alive%07d"):format(n)
  args.class, args.transaction = "request", id
  return { id = id, answer = c:request(args) }
end

return lib
