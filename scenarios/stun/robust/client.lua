-- Bad answers to a client: it does not die of them, and understands a good answer afterwards. What a bad one
-- does to its own transaction is not judged. The IUT is asked for Bindings by the upper tester.

-- What an answer to `r` says; where there is none yet, of an address for documentation.
local function success(r)
  return { class = "success", attributes = {
    { type = "XOR-MAPPED-ADDRESS", address = r and r.from or "192.0.2.1:1" },
    { type = "SOFTWARE", value = "rtclab" } } }
end

local function rich()
  return { class = "error", attributes = {
    { type = "ERROR-CODE", code = 420, reason = "Unknown" },
    { type = "UNKNOWN-ATTRIBUTES", types = { 0x7ffe, 0x7ffd } },
    { type = "SOFTWARE", value = "rtclab" }, { type = "REALM", value = "interop.test" },
    { type = "NONCE", value = "obMatJos2gAAA0123456789" },
    { type = "PASSWORD-ALGORITHMS", algorithms = { { algorithm = "SHA-256" }, { algorithm = "MD5" } } },
    { type = "MAPPED-ADDRESS", address = "[2001:db8::1]:3478" }, { type = 0xfffe, value = "xyz" }, "FINGERPRINT" } }
end

-- Ask for a Binding, and take its request; nil: none came.
local function ask(t, s, strays)
  for _, ev in ipairs(s:pending()) do
    if ev.event == "stray" then strays.n = strays.n + 1 end
  end
  local asked = t:ask_start("binding", { server = s.addr })
  local r = s:receive { timeout = 10,
    where = function(ev) return ev.message ~= nil and ev.message.class == "request" end }
  return asked, r.message and r or nil
end

-- Whether the client, asked once more, takes a good answer for one. A connection that it kept may hold what it
-- cannot read past: over a stream it may fail once, and has to do better on a new one.
local function alive(t, s, clause, strays, after)
  local got, r
  for _ = 1, t.stream and 2 or 1 do
    local asked
    asked, r = ask(t, s, strays)
    if r then
      local good = success(r)
      if r:attribute("FINGERPRINT") then good.attributes[3] = "FINGERPRINT" end
      good.id = r.id
      s:reply(good)
    end
    got = asked:wait(r and 130 or 1)
    if got.kind == "success" then return true end
  end
  if not after then
    t:inconc(clause, "no Binding to begin with (" .. tostring(got.kind) .. ")", got)
  else
    t:check(clause, false, (r and "a good answer is not taken (" or "no request any more (") .. tostring(got.kind) ..
      ") after " .. after, r or got)
    t:lost()
  end
  return false
end

-- Signals that a program dies of by its own fault, as a shell tells them.
local deadly = { [132] = "SIGILL", [134] = "SIGABRT", [135] = "SIGBUS", [136] = "SIGFPE", [139] = "SIGSEGV" }

-- Each of a list is an answer to a request of its own transaction, several to one; then a good one.
local function run(t, clause, make)
  local lib, derived = t:lib("robust"), t:lib("stun").robust.derived
  local s, c = t:actor("server", "stun", { manual = true }), t:actor("client", "stun")
  t:allow(s)
  t:allow(c)
  local strays = { n = 0 }
  if not alive(t, s, clause, strays) then return end
  local lawful = strays.n > 0 -- it shares its port with another protocol
  local list = {}
  for name, draft in pairs { success = success(), error = rich() } do
    local sent = c:send { class = draft.class, attributes = draft.attributes, to = s.addr, transport = "udp" }
    local view = lib.copy(sent.message)
    view.transaction = nil -- that of the request
    for _, item in ipairs(make(lib, name, view, sent.octets, derived)) do list[#list + 1] = item end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  for from = 1, #list, 24 do
    local asked, r = ask(t, s, strays)
    if not r then
      t:check(clause, false, "no request any more after " .. list[math.max(1, from - 1)].name)
      t:lost()
      return
    end
    local to = math.min(#list, from + 23)
    for i = from, to do
      local args = lib.copy(list[i].args)
      args.id = r.id
      if args.octets and #args.octets > 8 then
        args.octets = args.octets:sub(1, 8) .. (r.message.transaction .. args.octets:sub(21)):sub(1, #args.octets - 8)
      end
      s:reply(args)
    end
    local good = success(r)
    good.id = r.id
    s:reply(good)
    local got = asked:wait(130)
    local after = list[from].name .. " ... " .. list[to].name
    if deadly[got.status or 0] then
      t:check(clause, false, "it died of " .. deadly[got.status] .. " after " .. after, r)
      t:lost()
      return
    end
    if not alive(t, s, clause, strays, after) then return end
  end
  t:check(clause, true)
  if not lawful then
    t:check("RFC8489:5#1", strays.n == 0, strays.n .. " times it sent what is no message")
  end
end

case {
  id = "stun-robust-101",
  title = "responses that are cut after each of their octets",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name, _, octets) return lib.truncations(name, octets) end)
  end
}

case {
  id = "stun-robust-102",
  title = "responses in which each length, count and other number lies",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name, view, _, derived) return lib.numbers(name, view, derived) end)
  end
}

case {
  id = "stun-robust-103",
  title = "responses whose attributes are none, turned round, doubled, or there a thousand times",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name, view, _, derived) return lib.counts(name, view, derived) end)
  end
}

case {
  id = "stun-robust-104",
  title = "responses in which each field is left out, empty, long, or holds what no text does",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name, view, _, derived) return lib.fields(name, view, derived) end)
  end
}

case {
  id = "stun-robust-105",
  title = "responses inside attributes of responses, with octets after their end, and with bits turned",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name, view, octets, derived)
      local list = lib.nested(name, view, octets, derived)
      table.move(lib.tails(name, octets), 1, 14, #list + 1, list)
      return table.move(lib.flips(name, octets, 64), 1, 64, #list + 1, list)
    end)
  end
}

case {
  id = "stun-robust-106",
  title = "octets of other protocols, and of none, instead of a response",
  suite = "stun-robust", role = "stun-client", type = "R",
  needs = { "ask", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    run(t, "RFC8489:6.3.3#a2", function(lib, name) return name == "error" and {} or lib.strangers(60) end)
  end
}
