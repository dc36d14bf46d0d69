-- scenarios/stun/lib.lua - conveniences of STUN cases, over what the binding gives.
local event, actor = {}, {}

-- The attributes of a type, as a receiver may see them: in order.
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

-- How many types that list names.
function event.listed(r, type)
  local a = r:attribute(type)
  return a and a.types and #a.types or 0
end

-- The challenge of a 401 or 438 as the attributes that answer it, for a user; `r` is the response.
function event.credentials(r, account, opts)
  opts = opts or {}
  local realm, nonce = r:attribute("REALM"), r:attribute("NONCE")
  local offered = r:attribute("PASSWORD-ALGORITHMS")
  local list = {}
  local function add(a) if not opts.without or opts.without ~= a.type then list[#list + 1] = a end end
  add { type = "USERNAME", value = opts.username or account.username }
  add { type = "REALM", value = realm and realm.value or account.realm }
  add { type = "NONCE", value = opts.nonce or (nonce and nonce.value) or "" }
  local sha256 = false
  if offered and offered.algorithms then
    for _, a in ipairs(offered.algorithms) do sha256 = sha256 or a.algorithm == "SHA-256" end
    add { type = "PASSWORD-ALGORITHMS", algorithms = offered.algorithms }
    add { type = "PASSWORD-ALGORITHM", algorithm = sha256 and "SHA-256" or "MD5" }
  end
  list[#list + 1] = offered and "MESSAGE-INTEGRITY-SHA256" or "MESSAGE-INTEGRITY"
  return {
    attributes = list, auth = "long", algorithm = sha256 and "SHA-256" or "MD5",
    realm = realm and realm.value or account.realm, username = account.username,
    password = opts.password or account.password,
  }
end

-- Whether the integrity of a signed response holds, by whichever attribute it carries.
function event.signed(r) return r.integrity == "good" or r.integrity256 == "good" end

-- A plain Binding request, or one with these attributes.
function actor.binding_request(c, args)
  args = args or {}
  args.class, args.method = args.class or "request", args.method or "binding"
  return c:request(args)
end

-- Send a message without a transaction and take the next that arrives, whatever its transaction id:
-- for checks of the header itself. `kind` of what comes is "success", "error" or "message".
function actor.exchange(c, args, seconds)
  args.method = args.method or "binding"
  c:send(args)
  local r = c:receive { timeout = seconds or 2 }
  if r.message and (r.message.class == "success" or r.message.class == "error") then r.kind = r.message.class end
  return r
end

local lib = { event = event, actor = actor }

-- A valid exchange on the actor's flow. Servers that ask for credentials answer 401: that is one too.
function lib.sanity(t, c, clause)
  local r = c:request { class = "request", method = "binding" }
  if r.kind == "success" or r.kind == "error" then return r end
  t:inconc(clause, "the server does not answer a valid request any more (" .. tostring(r.kind) .. ")", r)
  return nil
end

return lib
