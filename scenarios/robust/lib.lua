-- scenarios/robust/lib.lua - templates of bad input, for any protocol: t:lib("robust").
--
-- A template takes a message, as a draft (what `send` takes), its view (the table of fields that an event has)
-- or its octets, and returns a list of {name = words, args = what `send` takes}. Nothing here knows a protocol:
-- what it has to be told stands in the protocol's lib.lua, as `lib.robust`:
--
--   derived = { length = true }   fields that the encoder computes where a draft leaves them out
--   id(octets)                    what says which answer belongs to which message; nil: none in there
--   with_id(octets, n)            the same octets with the n-th id
--   answer(ev)                    whether a message is one that an answer may be; else what it is, in words
--   exchange(t, actor, args)      a valid exchange: the answer, or an event of another kind
--
-- and, of a protocol that is no client's and server's, where messages are not answered one by one:
--
--   unasked = true                what comes answers nothing: it is judged by `answer` alone
--   actor(t)                      the party that speaks, in place of a client
--   send(actor, args, kind)       how a message leaves, in place of actor:send; kind: of R.case
--   view(draft, kind)             the fields that a draft has on the wire
local R = {}

---------------------------------------------------------------- tables

local function copy(v)
  if type(v) ~= "table" then return v end
  local out = {}
  for k, x in next, v do out[k] = copy(x) end
  return out
end
R.copy = copy

-- A view as a draft: what the encoder computes is left to it.
function R.draft(view, derived)
  local out = {}
  for k, v in next, view do
    if type(v) == "table" then out[k] = R.draft(v, derived)
    elseif not derived[k] then out[k] = v end
  end
  return out
end

-- Call f(path, value) for each value in a table, tables too, always in one order.
local function walk(v, f, path)
  path = path or {}
  for k in pairs(v) do
    local here = { table.unpack(path) }
    here[#here + 1] = k
    f(here, v[k])
    if type(v[k]) == "table" then walk(v[k], f, here) end
  end
end

local function put(v, path, value)
  for i = 1, #path - 1 do v = v[path[i]] end
  v[path[#path]] = value
end

local function name_of(path)
  local words = {}
  for i, k in ipairs(path) do words[i] = tostring(k) end
  return table.concat(words, "/")
end

---------------------------------------------------------------- templates over octets

-- Truncated at every octet.
function R.truncations(what, octets)
  local out = {}
  for n = 1, #octets - 1 do
    out[n] = { name = what .. " cut after " .. n .. " octets", args = { octets = octets:sub(1, n) } }
  end
  return out
end

-- Octets after the end.
function R.tails(what, octets)
  local out = {}
  for _, n in ipairs { 1, 2, 3, 4, 20, 500 } do
    for _, fill in ipairs { "\0", "\255" } do
      out[#out + 1] = { name = ("%s and %d octets 0x%02x"):format(what, n, fill:byte()),
        args = { octets = octets .. fill:rep(n) } }
    end
  end
  out[#out + 1] = { name = what .. " and itself again", args = { octets = octets .. octets } }
  out[#out + 1] = { name = what .. " and half of it again", args = { octets = octets .. octets:sub(1, #octets // 2) } }
  return out
end

-- One to eight bits turned, at places that the seed of the case chooses.
function R.flips(what, octets, n)
  local out = {}
  for i = 1, n do
    local b = { octets:byte(1, -1) }
    for _ = 1, 1 + (i - 1) % 8 do
      local at = math.random(#b)
      b[at] = b[at] ~ (1 << math.random(0, 7))
    end
    out[i] = { name = what .. " with bits turned, " .. i, args = { octets = string.char(table.unpack(b)) } }
  end
  return out
end

-- What is another protocol, or none.
function R.strangers(n)
  local out = {}
  local function add(name, octets) out[#out + 1] = { name = name, args = { octets = octets } } end
  add("a zero", "\0")
  add("a line end", "\r\n\r\n")
  add("HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
  add("SIP", "OPTIONS sip:a SIP/2.0\r\n\r\n")
  add("TLS", "\22\3\1\0\5\1\0\0\1\0")
  add("RTP", "\128\0\0\1\0\0\0\1\0\0\0\1" .. ("\85"):rep(160))
  add("DNS", "\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")
  add("zeros", ("\0"):rep(1400))
  add("ones", ("\255"):rep(1400))
  for i = 1, n do
    local b = {}
    for k = 1, math.random(1, 200) do b[k] = string.char(math.random(0, 255)) end
    add("chance, " .. i, table.concat(b))
  end
  return out
end

---------------------------------------------------------------- templates over fields

-- Each number lies: each length, count and type is 0, one less, one and four more, and the most.
function R.numbers(what, view, derived)
  local out = {}
  walk(view, function(path, v)
    if math.type(v) ~= "integer" then return end
    for _, lie in ipairs { 0, v - 1, v + 1, v + 4, 0xff, 0xffff } do
      if lie >= 0 and lie ~= v then
        local args = R.draft(view, derived)
        put(args, path, lie)
        out[#out + 1] = { name = ("%s, %s is %d and not %d"):format(what, name_of(path), lie, v), args = args }
      end
    end
  end)
  return out
end

-- Each list is empty, turned round, and has each of its items twice and a thousand times.
function R.counts(what, view, derived)
  local out = {}
  local function add(path, words, list)
    local args = R.draft(view, derived)
    put(args, path, list)
    out[#out + 1] = { name = ("%s, %s %s"):format(what, name_of(path), words), args = args }
  end
  walk(view, function(path, v)
    if type(v) ~= "table" or #v == 0 then return end
    local items, back = R.draft(v, derived), {}
    for i = #items, 1, -1 do back[#back + 1] = copy(items[i]) end
    add(path, "empty", {})
    add(path, "turned round", back)
    for i = 1, #items do
      local twice, many = copy(items), {}
      table.insert(twice, i, copy(items[i]))
      for k = 1, 1000 do many[k] = items[i] end
      add(path, "with item " .. i .. " twice", twice)
      add(path, "with item " .. i .. " a thousand times", many)
    end
  end)
  return out
end

-- Each field is left out; each text is empty, long, and of octets that no text has.
function R.fields(what, view, derived)
  local out = {}
  walk(view, function(path, v)
    local key = path[#path]
    if type(key) == "number" then return end
    local function add(words, value)
      local args = R.draft(view, derived)
      put(args, path, value)
      out[#out + 1] = { name = ("%s, %s %s"):format(what, name_of(path), words), args = args }
    end
    add("left out", { omit = true })
    if type(v) ~= "string" then return end
    for _, s in ipairs { { "empty", "" }, { "of one octet", "x" }, { "of 1200 octets", ("x"):rep(1200) },
      { "with line ends and zeros", "a\r\n\0\255\254%s%n" } } do
      add(s[1], { raw = s[2] })
    end
  end)
  return out
end

-- The message inside itself, in each of its fields that holds octets, one to eight deep.
function R.nested(what, view, octets, derived)
  local out = {}
  local inner = octets
  for depth = 1, 8 do
    walk(view, function(path, v)
      if type(v) ~= "string" or type(path[#path]) == "number" or #path < 2 or path[#path] == "type" then return end
      local args = R.draft(view, derived)
      put(args, path, { raw = inner })
      out[#out + 1] = { name = ("%s, inside its own %s, %d deep"):format(what, name_of(path), depth), args = args }
    end)
    inner = octets .. inner
    if #inner > 1200 then break end
  end
  return out
end

---------------------------------------------------------------- sending and judging

-- A run of templates against the IUT. clauses: alive (a valid request is served), once (no more answers than
-- requests), match (an answer belongs to a request), form (what is sent is an answer at all).
function R.start(t, clauses)
  local protocol = t:lib(t.protocol).robust
  local c = protocol.actor and protocol.actor(t) or not protocol.actor and t:actor("client", t.protocol)
  if not c then return nil end
  local run = { t = t, p = protocol, clauses = clauses, c = c, sent = {}, got = {}, probes = {}, flows = {}, n = 0,
    stream = t.stream }
  t:allow(c)
  return setmetatable(run, { __index = R })
end

-- Octets and view of a message, as it leaves; it is sent.
function R:base(draft)
  local r = self:send(copy(draft))
  local view = copy(self.p.view and self.p.view(draft, self.kind) or r.message)
  self.first = self.p.id(r.octets)
  self:close()
  return view, r.octets
end

function R:send(args, actor)
  if self.stream and not args.flow then args.fresh = true end
  local c = actor or self.c
  local r
  if self.p.send then r = self.p.send(c, args, self.kind) else r = c:send(args) end
  local id = r.octets and self.p.id(r.octets)
  if id then self.sent[id] = (self.sent[id] or 0) + 1 end
  if args.fresh and r.flow then self.flows[#self.flows + 1] = { c, r.flow } end
  return r
end

-- What has come so far on an actor, against what was asked for.
function R:judge(actor)
  local t, good = self.t, true
  for _, ev in ipairs((actor or self.c):pending()) do
    local id = ev.octets and self.p.id(ev.octets)
    local what, sent = ev.octets and self.p.answer(ev), id and (self.probes[id] or self.sent[id])
    if ev.octets and what ~= true then
      good = t:check(self.clauses.form, false, "bad input was answered by " .. what, ev) and good
    elseif ev.octets and not self.stream and not sent and not self.p.unasked then
      good = t:check(self.clauses.match, false, "an answer to nothing that was sent", ev) and good
    elseif ev.octets and not self.stream and not self.p.unasked then
      self.got[id] = (self.got[id] or 0) + 1
      if self.got[id] > sent then
        good = t:check(self.clauses.once, false,
          ("%d answers to %d requests of one transaction"):format(self.got[id], sent), ev) and good
      end
    end
  end
  return good
end

function R:close()
  for _, f in ipairs(self.flows) do f[1]:close { flow = f[2] } end
  self.flows = {}
end

-- Whether the IUT still serves: a valid exchange, tried again after a while, since bad input may be a reason
-- to be slow for a moment. Over a stream, on a connection of its own.
function R:alive(after)
  local t, r = self.t, nil
  for try = 1, 3 do
    local args = { fresh = self.stream or nil }
    self.n = self.n + 1
    local id = self.p.exchange(t, self.c, args, self.n)
    r = id.answer
    self.probes[id.id] = r.tries or math.huge -- how often it was sent
    self.got[id.id] = (r.kind == "success" or r.kind == "error") and 1 or 0
    if self.stream and r.flow and r.flow > 0 then self.c:close { flow = r.flow } end
    if r.kind == "success" or r.kind == "error" then
      if after then self.done = true end
      return true
    end
    t:pass(try * t.scale)
  end
  if not after then
    t:inconc(self.clauses.alive, "no valid exchange to begin with (" .. tostring(r.kind) .. ")", r)
  else
    t:check(self.clauses.alive, false, "no valid exchange any more (" .. tostring(r.kind) .. ") after " .. after, r)
    t:lost()
  end
  return false
end

-- All of a list, some at a time, with a valid exchange after each batch; then what came in the meantime.
function R:all(list, burst)
  local size = self.stream and 4 or burst or 16
  for from = 1, #list, size do
    local to = math.min(#list, from + size - 1)
    for i = from, to do
      local args = list[i].args
      if args.octets and self.first and self.p.id(args.octets) == self.first then -- each has an id of its own
        self.n = self.n + 1
        args.octets = self.p.with_id(args.octets, self.n)
      end
      self:send(args)
    end
    local after = list[from].name .. (to > from and " ... " .. list[to].name or "")
    local alive = self:alive(after)
    self:judge()
    self:close()
    if not alive then return false end
  end
  return true
end

-- The end of a run: a grace for what comes late, and the checks that nothing has failed.
function R:finish(...)
  local t = self.t
  t:pass(0.02 * t.scale)
  local good = self:judge()
  for _, c in ipairs { ... } do good = self:judge(c) and good end
  self:close()
  t:check(self.clauses.alive, true)
  if good then
    t:check(self.clauses.form, true)
    if not self.stream and not self.p.unasked then
      t:check(self.clauses.once, true)
      t:check(self.clauses.match, true)
    end
  end
end

-- A whole case: bases is {name = draft}; make(run, name, view, octets) returns a list. kind: a word of the
-- protocol's own; burst: how many go out between two valid exchanges.
function R.case(t, clauses, bases, make, kind, burst)
  local run = R.start(t, clauses)
  if not run then return end
  run.kind = kind
  if not run:alive() then return end
  for name in pairs(bases) do
    local view, octets = run:base(bases[name])
    if not view then
      t:inconc(clauses.alive, "the message '" .. name .. "' cannot be sent")
      return
    end
    if not run:alive("the message '" .. name .. "'") then return end
    if not run:all(make(run, name, view, octets), burst) then return end
  end
  run:finish()
end

---------------------------------------------------------------- streams

-- `n` connections at a time that each send `octets` and are then left: silent, or closed.
function R:half(octets, n, closed)
  for _ = 1, n do self:send { octets = octets } end
  if closed == "later" then self.t:pass(0.005 * self.t.scale) end -- what is sent in answer is seen
  if closed then self:close() end
end

return R
