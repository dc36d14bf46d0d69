-- scenarios/http/lib.lua - conveniences of HTTP cases, over what the binding gives.
local event, lib = {}, {}
lib.event = event

---------------------------------------------------------------- a message

-- The value of the first header field of a name, letter case aside; nil: there is none.
function event.field(r, name) return r:fields(name)[1] end

-- Of all of them.
function event.fields(r, name)
  local out = {}
  for _, h in ipairs(r.message and r.message.headers or {}) do
    if h.name and h.name:lower() == name:lower() then out[#out + 1] = h.value end
  end
  return out
end

-- Whether a field that is a list of tokens has one.
function event.has(r, name, token)
  for _, value in ipairs(r:fields(name)) do
    for word in value:gmatch("[^,%s]+") do
      if word:lower() == token then return true end
    end
  end
  return false
end

-- A final response has come.
function event.answered(r)
  return r.message ~= nil and (r.kind == "success" or r.kind == "redirect" or r.kind == "error")
end

-- A 4xx.
function event.refused(r) return r.code ~= nil and r.code >= 400 and r.code < 500 end

---------------------------------------------------------------- resources

-- What a profile says of the paths of a server, or those of ours.
local paths = { path = "/", chunked = "/chunked", empty = "/empty", echo = "/echo", digest = "/digest/",
  basic = "/basic/" }
function lib.path(t, what) return (t.profile.http or {})[what] or paths[what] end

-- A request line for one of them.
function lib.line(t, method, what) return method .. " " .. lib.path(t, what) .. " HTTP/1.1" end

-- The target's host and port, for Host.
function lib.host(t) return t.target end

-- A request by its octets, over a connection of its own: lines, then what comes behind them. Lines without Host get it
-- first, unless `bare`.
function lib.raw(t, c, lines, behind, bare)
  local all = { lines[1] }
  if not bare then all[2] = "Host: " .. lib.host(t) end
  for i = 2, #lines do all[#all + 1] = lines[i] end
  return c:request { octets = table.concat(all, "\r\n") .. "\r\n\r\n" .. (behind or ""), fresh = true,
    stay = true }
end

-- Whether an actor sees the connection of `r` end within the time.
local function ended(actor, r)
  local e = actor:receive { timeout = 3, where = function(ev) return ev.event == "ended" and ev.flow == r.flow end }
  return e.event == "ended"
end

-- Whether the connection of `r` ends, as its server has it.
function lib.ends(c, r)
  return r.message and r.message.framing == "close" or ended(c, r) -- the response may have ended so
end

-- A valid request after others, over a new connection: nil, with an inconclusive check, where it is not answered.
function lib.sanity(t, c, clause)
  c:close {} -- there is no room for many
  local r = c:request { target = lib.path(t, "path"), fresh = true }
  if r:answered() then return r end
  t:inconc(clause, "a valid request is not answered any more", r)
  return nil
end

---------------------------------------------------------------- authentication

-- Scheme and parameters of a challenge or credentials, without quotes; quoted[name]: it had them. Names in small
-- letters.
function lib.parameters(value)
  local scheme, rest = value:match("^(%S+)%s*(.*)$")
  local out, quoted = { scheme = scheme and scheme:lower() or "" }, {}
  rest = rest or ""
  while true do
    local name, after = rest:match("^[%s,]*([%w%-*]+)%s*=%s*(.*)$")
    if not name then break end
    local text, behind = after:match('^"([^"]*)"(.*)$')
    if text then
      quoted[name:lower()] = true
    else
      text, behind = after:match("^([^,%s]*)(.*)$")
    end
    out[name:lower()] = text
    rest = behind
  end
  return out, quoted
end

-- The challenges of a 401 with a scheme: lists of parameters and of quotes.
function lib.challenges(r, scheme)
  local out = {}
  for _, value in ipairs(r:fields("WWW-Authenticate")) do
    local p, quoted = lib.parameters(value)
    if p.scheme == scheme then out[#out + 1] = { p = p, quoted = quoted } end
  end
  return out
end

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- The response of Digest by SHA-256, qop auth: what is to stand in the credentials `p`.
function lib.response(t, p, username, password, method)
  local function h(s) return hex(t:sha256(s)) end
  local a1, a2 = h(username .. ":" .. p.realm .. ":" .. password), h(method .. ":" .. p.uri)
  return h(a1 .. ":" .. p.nonce .. ":" .. p.nc .. ":" .. p.cnonce .. ":" .. p.qop .. ":" .. a2)
end

-- Authorization for a challenge by SHA-256, with what `opts` has in the place of what is right: username, uri (what is
-- digested too), response, nc, extra (further parameters).
function lib.credentials(t, challenge, account, target, opts)
  opts = opts or {}
  local p = { realm = challenge.realm, nonce = challenge.nonce, uri = opts.uri or target, qop = "auth",
    nc = opts.nc or "00000001", cnonce = "0a4f113b" }
  local response = opts.response or lib.response(t, p, account.username, opts.password or account.password, "GET")
  return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=SHA-256, qop=auth, nc=%s, cnonce="%s", ' ..
    'response="%s"%s%s'):format(opts.username or account.username, p.realm, p.nonce, p.uri, p.nc, p.cnonce, response,
    challenge.opaque and (', opaque="%s"'):format(challenge.opaque) or "", opts.extra or "")
end

---------------------------------------------------------------- a client under test

lib.asks = {
  ["http-client"] = {
    first = "fetch",
    fetch = { "server", "method", "target", "body", "username", "password", "host", "chunk", "expect", "pipeline",
      "close" },
  },
}

local client = {}
lib.client = client

-- The case plays the server: nothing is answered but by s:reply.
function client.server(t, config)
  config = config or {}
  config.manual = true
  return t:actor("server", "http", config)
end

-- Ask the IUT for something at `s`; "/" by GET unless told.
function client.ask(t, s, args)
  args = args or {}
  args.server, args.method, args.target = s.addr, args.method or "GET", args.target or "/"
  return t:ask_start("fetch", args)
end

function client.is_request(ev) return ev.event == "request" and ev.message ~= nil end

-- Whether one client makes all the requests, and keeps connections and what it learns; else each is one's of its own.
function client.session(t)
  for _, word in ipairs(t.profile.supports or {}) do
    if word == "session" then return true end
  end
  return false
end

-- The next request of the IUT; nil, with an inconclusive check, where none comes.
function client.request(t, s, clause)
  local r = s:receive { timeout = 10, where = client.is_request }
  if r.message then return r end
  t:inconc(clause or "RFC9112:3#a1", "the IUT was asked for something and sent no request", r)
  return nil
end

-- Ask the IUT for something and take its request: that, and what was asked; nil, with an inconclusive check, where none
-- comes.
function client.asked(t, s, args, clause)
  local asked = client.ask(t, s, args)
  return client.request(t, s, clause), asked
end

-- Whether the IUT ends the connection of the request `r`.
client.ends = ended

-- The credentials of a request, as parameters; nil: it has none.
function client.credentials(r)
  local value = r:field("Authorization")
  if value then return lib.parameters(value) end
end

-- Let the IUT log in: it is challenged once. Returns what was asked, its request with credentials, and these.
function client.login(t, s, challenge, args)
  local account = t.profile.accounts[1]
  args = args or {}
  args.username, args.password = account.username, account.password
  local asked = client.ask(t, s, args)
  local first = client.request(t, s)
  if not first then return nil end
  s:reply { id = first.id, status = 401, headers = client.challenge(challenge) }
  local r = client.request(t, s, "RFC7616:3.4#a1")
  if not r then return nil end
  local p, quoted = client.credentials(r)
  if not p then
    t:check("RFC7616:3.4#a1", false, "the request comes again without Authorization", r)
    return nil
  end
  return asked, r, p, quoted
end

-- Header fields that challenge; a list of values of WWW-Authenticate.
function client.challenge(values)
  local out = {}
  for i, v in ipairs(values) do out[i] = { name = "WWW-Authenticate", value = v } end
  return out
end

return lib
