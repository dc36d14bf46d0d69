-- harness/script/prelude.lua - what a case sees as `t`: actors, waits, checks, expectations.
--
-- Runs inside the sandbox, before the case. `H` is the C side (harness/script/caserun.c): the world of
-- parties, the clock, and the verdicts, which no script can reach past. A case is a coroutine; each
-- wait suspends it, and the C side resumes it by H.step when an event or a deadline has come.

local H = ...
local t = { protocol = H.protocol, transport = H.transport, stream = H.stream, family = H.family, target = H.target,
  scale = H.scale, relayed = H.relayed, profile = H.profile or {}, sim = H.sim }
local actors, tasks, answers, early, libs, newborn = {}, {}, {}, {}, {}, {}
actors[0] = { protocol = H.protocol, name = "iut", inbox = {}, layers = {}, seen = {}, allowed = true }
local current

---------------------------------------------------------------- waiting

-- A condition is a function that returns a value once it holds, and nil until then.
local function wait(cond, seconds)
  local value = cond()
  if value ~= nil then return value end
  local due = seconds and H.now() + math.floor(seconds * 1e6 + 0.5)
  current.cond, current.due = cond, due
  return coroutine.yield()
end

local function spawn(fn, ...)
  local args = table.pack(...)
  local task = { co = coroutine.create(function() return fn(table.unpack(args, 1, args.n)) end) }
  tasks[#tasks + 1] = task
  return task
end

local function resume(task, ...)
  local before = current
  current = task
  task.cond, task.due = nil, nil
  local out = table.pack(coroutine.resume(task.co, ...))
  current = before
  if not out[1] then
    H.failed(tostring(out[2]), task.co)
    task.done = true
  elseif coroutine.status(task.co) == "dead" then
    task.done, task.result = true, out[2]
  end
end

-- Run every task that can go on. Returns whether the first one has ended, and the next deadline.
function H.step()
  local again = true
  while again do
    again = false
    for i = 1, #tasks do
      local task = tasks[i]
      if task and not task.done then
        if not task.started then
          task.started, again = true, true
          resume(task)
        else
          local value = task.cond and task.cond()
          if value == nil and task.due and H.now() >= task.due then value = false end
          if value ~= nil then
            again = true
            resume(task, value)
          end
        end
      end
    end
  end
  local due
  for _, task in ipairs(tasks) do
    if not task.done and task.due and (not due or task.due < due) then due = task.due end
  end
  return tasks[1].done == true, due
end

---------------------------------------------------------------- events as objects

local function methods(protocol)
  if libs[protocol] == nil then libs[protocol] = H.lib(protocol) or false end
  return libs[protocol] or {}
end

local function object(rec, actor)
  return setmetatable(rec, { __index = methods(actor.protocol).event or {} })
end

-- What two arrivals have in common when one repeats the other: a protocol may say more than "the same
-- octets", since a server may answer a retransmission anew.
local function key_of(ev)
  return ev.key and ev:key() or ev.octets
end

function H.deliver(id, name, token, rec)
  local actor = actors[id]
  if not actor then -- it is being made right now
    newborn[#newborn + 1] = { id, name, token, rec }
    return
  end
  if rec.layer then -- what a layer of its flows says: layer() and secured() wait for it
    actor.layers[name] = actor.layers[name] or {}
    table.insert(actor.layers[name], rec)
    return
  end
  rec = object(rec, actor)
  rec.event = name
  if token ~= 0 then
    if answers[token] then answers[token].value = rec else early[token] = rec end
    if rec.octets and name ~= "sent" then actor.seen[key_of(rec)] = true end
  elseif name == "listening" or name == "opened" then
    actor.addr = actor.addr or rec["local"] -- the first that is open names the port
  else
    actor.inbox[#actor.inbox + 1] = rec
  end
end

---------------------------------------------------------------- actors

local Actor = {}

local function promise(token)
  local p = {}
  p.value = early[token] -- answered before the command had returned
  early[token] = nil
  answers[token] = p
  function p.ready() return p.value end
  function p.wait(_, seconds)
    return wait(p.ready, seconds and seconds * t.scale) or { kind = "timeout", event = "timeout" }
  end
  return p
end

-- Start a command without waiting: the promise goes to t:any, t:all, or p:wait().
function Actor:start(verb, args)
  return promise(H.command(self.id, verb, args or {}))
end

-- What arrived and answers nothing: the next that `where` accepts, in order of arrival. Returns the
-- event, or {kind = "timeout"}.
function Actor:receive(args)
  args = args or {}
  local function take()
    for i, ev in ipairs(self.inbox) do
      if not args.where or args.where(ev) then
        table.remove(self.inbox, i)
        if ev.octets then self.seen[key_of(ev)] = true end
        return ev
      end
    end
  end
  return wait(take, (args.timeout or 5) * t.scale) or object({ kind = "timeout" }, self)
end

-- What the next handshake of the actor's TLS or DTLS gave: an event with kind "secured" or "failed" and
-- its facts, or {kind = "timeout"}.
function Actor:secured(seconds) return self:layer("tls", seconds) end

-- The next event of this name ("tls", "ws") that a layer of its flows tells, or {kind = "timeout"}.
function Actor:layer(name, seconds)
  local function take() return self.layers[name] and table.remove(self.layers[name], 1) end
  return wait(take, (seconds or 5) * t.scale) or { kind = "timeout" }
end

-- What else its TLS is told, as in `tls` of its configuration; connections that are there keep what they have.
function Actor:tls(options) H.tls(self.id, options) end

-- What has arrived until now and answers nothing, without waiting.
function Actor:pending()
  local all = self.inbox
  self.inbox = {}
  return all
end

local actor_meta = {
  __index = function(self, key)
    if Actor[key] then return Actor[key] end
    local lib = methods(rawget(self, "protocol")).actor
    if lib and lib[key] then return lib[key] end
    local verb = rawget(self, "verbs")[key]
    if verb == nil then return nil end
    return function(me, args)
      args = args or {}
      if verb and args.timeout_us == nil then args.timeout_us = math.floor(5e6 * t.scale) end
      local p = me:start(key, args)
      return p:wait(nil)
    end
  end,
}

-- A party that the case speaks through: role "client" or "server" of a protocol. config.host: the address that its
-- host has in the simulator, in place of one that is chosen.
function t:actor(role, protocol, config)
  local name = config and config.name or (role .. (#actors > 0 and tostring(#actors + 1) or ""))
  local host = config and config.host
  if config then config.name, config.host = nil, nil end
  local id, addr, verbs, listens = H.add(protocol .. "." .. role, name, config or {}, host)
  local a = setmetatable({ id = id, name = name, protocol = protocol, verbs = verbs, inbox = {}, layers = {},
    seen = {} }, actor_meta)
  actors[id] = a
  a.host = addr
  local born = newborn
  newborn = {}
  for _, ev in ipairs(born) do H.deliver(table.unpack(ev)) end
  if listens then
    wait(function() return a.addr or a.inbox[1] end, 5 * t.scale)
    if not a.addr then error("the actor could not listen: " .. tostring(a.inbox[1] and a.inbox[1].why), 2) end
  end
  return a
end

---------------------------------------------------------------- tasks

function t:spawn(fn, ...) return spawn(fn, ...) end
function t:join(task, seconds)
  wait(function() return task.done or nil end, seconds and seconds * t.scale)
  return task.result
end
-- The first promise that is answered, with its place in the list; nil after the time.
function t:any(list, seconds)
  local found
  wait(function()
    for i, p in ipairs(list) do
      if p.value then found = i return true end
    end
  end, seconds and seconds * t.scale)
  return found and list[found].value, found
end
-- All answers in order; what did not come is {kind = "timeout"}.
function t:all(list, seconds)
  wait(function()
    for _, p in ipairs(list) do if not p.value then return nil end end
    return true
  end, seconds and seconds * t.scale)
  local out = {}
  for i, p in ipairs(list) do out[i] = p.value or { kind = "timeout" } end
  return out
end
-- Let time pass: virtual in sim. For timer cases only; in all others wait for an event.
function t:pass(seconds) wait(function() end, seconds) end
function t:now() return H.now() / 1e6 end

---------------------------------------------------------------- verdicts

local function frames_of(...)
  local out = {}
  for _, r in ipairs({ ... }) do
    if type(r) == "table" and r.frame and r.frame > 0 then out[#out + 1] = r.frame end
  end
  return out
end

-- A check against one clause; its level comes from the catalogue. `r`, where given, is the event that
-- it rests on.
function t:check(clause, condition, what, r)
  H.check(clause, condition and "pass" or "fail", condition and "" or what or "does not hold", {}, "",
    frames_of(r))
  return condition and true or false
end

-- Not judged: the case cannot say.
function t:inconc(clause, what, r)
  H.check(clause, "inconc", what, {}, "", frames_of(r))
end

local function says(r)
  if r.kind == "error" and r.code then return "error " .. r.code end
  if r.kind == "closed" or r.kind == "failed" then return r.kind .. (r.why and " (" .. r.why .. ")" or "") end
  if r.kind == "icmp" then return "ICMP " .. (r.why or "error") end
  if r.kind == "timeout" then return "no answer" end
  if r.kind == "hung" or r.kind == "died" then return r.why end
  return tostring(r.kind)
end

local function wants(o)
  local s
  if o.error then s = "error " .. o.error
  elseif o.success then s = "success"
  elseif o.silence then s = "no answer"
  elseif o.closed then s = "connection closed"
  else s = o.kind or "?" end
  return s .. (o.note and " (" .. o.note .. ")" or "")
end

local function fits(o, r)
  if o.error then return r.kind == "error" and r.code == o.error end
  if o.success then return r.kind == "success" end
  if o.silence then return r.kind == "timeout" or r.kind == "silence" end
  if o.closed then return r.kind == "closed" end
  return r.kind == o.kind
end

-- `outcomes`: what the standard permits, each {error = 420} | {success = true} | {silence = true} |
-- {closed = true} | {kind = "..."} with its clause; verdict = "inconc" marks one that says nothing.
-- The clause of the first one is what a failure is counted against.
function t:expect(r, outcomes, what)
  r = r or { kind = "timeout" }
  local list = {}
  for i, o in ipairs(outcomes) do list[i] = wants(o) end
  for _, o in ipairs(outcomes) do
    if fits(o, r) then
      H.check(o.clause or outcomes[1].clause, o.verdict or "pass", o.verdict and (o.note or wants(o)) or "",
        list, says(r), frames_of(r))
      return o.verdict == nil
    end
  end
  if r.kind == "hung" or r.kind == "died" then -- the upper tester: whose fault it is nobody can say
    H.check(outcomes[1].clause, "inconc", r.why, list, says(r), frames_of(r))
    return false
  end
  H.check(outcomes[1].clause, "fail", (what and what .. ": " or "") .. "got " .. says(r), list, says(r),
    frames_of(r))
  return false
end

-- The IUT does not answer any more: whoever runs cases looks whether it has died.
function t:lost() H.lost() end

-- The case does not apply after all: it ends here, and is counted as skipped.
function t:skip(why) H.skip(why) end

-- What scenarios/<protocol>/lib.lua gives, or, for "protocol_part", scenarios/<protocol>/lib_<part>.lua.
function t:lib(protocol) return methods(protocol) end

-- A name or password as it goes on the wire and into keys (OpaqueString, RFC 8265); nil: it may not be used.
function t:opaque(text) return H.opaque(text) end

-- SHA-256 of a text, 32 octets.
function t:sha256(text) return H.sha256(text) end

function t:log(what) H.note(tostring(what)) end

-- What a probe has learned of the IUT: a member of profiles ("supports", "tls.fingerprint") or another word,
-- its value, and what that rests on.
function t:claim(name, value, why) H.claim(name, value, why) end

-- What is sent after this on any actor is not judged for being unexpected.
function t:allow(actor) actor.allowed = true end

---------------------------------------------------------------- silence, and the exchange that fences it

-- Nothing may have answered on `actor` since its last valid exchange: a valid request follows on the
-- same flow, and its answer plus a grace closes the wait.
function t:silence(actor, clause, what)
  local r = methods(actor.protocol).sanity(t, actor, clause)
  wait(function() end, 0.02 * t.scale)
  local heard
  for i = #actor.inbox, 1, -1 do
    local ev = actor.inbox[i]
    if ev.octets and not actor.seen[key_of(ev)] then -- a repeated answer to a valid request is none to this
      heard = ev
      table.remove(actor.inbox, i)
      actor.seen[key_of(ev)] = true
    end
  end
  if heard then
    H.check(clause, "fail", what .. ": it was answered", { "no answer" }, says(heard), frames_of(heard))
  elseif r then
    H.check(clause, "pass", "", { "no answer" }, "no answer", frames_of(r))
  end
  return not heard
end

-- Nothing that `where` accepts comes within the time.
function t:never(actor, seconds, where, clause, what)
  local r = actor:receive { timeout = seconds, where = where }
  return t:check(clause, r.kind == "timeout", what, r)
end

-- A valid exchange: the IUT still serves. False, with an inconclusive check, where it does not.
function t:sanity(actor, clause)
  return methods(actor.protocol).sanity(t, actor, clause)
end

---------------------------------------------------------------- the upper tester

-- The verbs of a role are closed: `asks` in the protocol's lib.lua says them, with their arguments.
local function closed(verb, args)
  local asks = (methods(H.protocol).asks or {})[H.role]
  if not asks then return true end
  local takes = asks[verb]
  if type(takes) ~= "table" then error("a " .. H.role .. " cannot be asked to '" .. verb .. "'", 3) end
  for key in pairs(args) do
    local known = false
    for _, name in ipairs(takes) do known = known or name == key end
    if not known then error("'" .. verb .. "' has no argument '" .. tostring(key) .. "'", 3) end
  end
  return asks.first == verb
end

-- What the user of the IUT would do: "binding", "register", "call" ... What came of it is {kind =
-- "success"|"error"|"timeout"|...}: "hung" and "died" are about the command itself, and condemn nobody. An
-- IUT that cannot be asked skips the case.
function t:ask_start(verb, args)
  args = args or {}
  local p = promise(H.ask(verb, args, closed(verb, args)))
  function p.wait(_, seconds)
    return wait(p.ready, seconds and seconds * t.scale) or { kind = "hung", event = "asked",
      why = ("the IUT did not say within %g s what came of '%s'"):format(seconds * t.scale, verb) }
  end
  return p
end
function t:ask(verb, args)
  local p = t:ask_start(verb, args)
  return p:wait(nil)
end

---------------------------------------------------------------- names

-- What names resolve to, in the simulator: { ["host.test"] = { "192.0.2.1", ... },
-- ["_stun._udp.host.test"] = { { priority = 1, weight = 0, port = 3478, target = "a.host.test" }, ... } }
function t:zone(names)
  local sorted = {}
  for name in pairs(names) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  for _, name in ipairs(sorted) do
    for _, v in ipairs(names[name]) do
      if type(v) == "table" then H.zone(name, v.priority or 0, v.weight or 0, v.port, v.target)
      else H.zone(name, v) end
    end
  end
end

---------------------------------------------------------------- what stands between hosts

-- A site of the simulator, behind a router that may be a NAT; live the case is skipped. nat: how it does what RFC 4787
-- has words for, { mapping, filtering = "endpoint-independent" | "address-dependent" | "address-and-port-dependent",
-- ports = "any" | "preserved" | "overloaded", hairpin = "none" | "external" | "internal", timeout_us, ... }
-- (harness/core/nat.h); nil: a router alone. outer: the site that it is in. Methods: put(actor), rebind(), cut(on),
-- link(out, "loss=5%").
local Site = {}
function t:site(nat, outer)
  local id, outside = H.site(nat, outer and outer.id)
  return setmetatable({ id = id, outside = outside }, { __index = Site })
end
-- The actor's host stands there from now on; t: our own IUT.
function Site:put(actor) H.behind(actor == t and 0 or actor.id, self.id) end
-- The NAT forgets its mappings.
function Site:rebind() H.rebind(self.id) end
function Site:cut(on) H.cut(self.id, on) end
function Site:link(out, text) H.link(self.id, out, text) end

---------------------------------------------------------------- running

function H.begin(run)
  spawn(run, t)
end

-- What nobody waited for: repeats of what was seen are absorbed, anything else is named.
function H.leftovers()
  for _, a in pairs(actors) do
    for _, ev in ipairs(a.inbox) do
      if ev.octets and not a.allowed and a.seen[key_of(ev)] then
        H.note("a repeated message was absorbed by " .. a.name)
      elseif ev.kind == "closed" and not a.allowed then
        H.note("a connection of " .. a.name .. " was closed: " .. tostring(ev.why))
      elseif ev.octets and not a.allowed then
        H.unexpected(a.name .. " got a message that nothing asked for", ev.frame or 0)
      end
      if ev.octets then a.seen[key_of(ev)] = true end
    end
  end
end

return t
