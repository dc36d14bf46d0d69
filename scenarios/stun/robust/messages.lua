-- Bad messages to a server: it goes on serving, answers none twice, and sends nothing that is no answer.
-- What it answers is its own choice, within section 6.3. The templates are those of scenarios/robust/lib.lua.

local function plain() return { class = "request", attributes = { { type = "SOFTWARE", value = "rtclab" } } } end

-- Every kind of value that an attribute has.
local function rich()
  return { class = "request", attributes = {
    { type = "USERNAME", value = "alice" }, { type = "REALM", value = "interop.test" },
    { type = "NONCE", value = "obMatJos2gAAA0123456789" },
    { type = "PASSWORD-ALGORITHMS", algorithms = { { algorithm = "SHA-256" }, { algorithm = "MD5" } } },
    { type = "ERROR-CODE", code = 420, reason = "Unknown" },
    { type = "UNKNOWN-ATTRIBUTES", types = { 0x7ffe, 0x7ffd } },
    { type = "XOR-MAPPED-ADDRESS", address = "192.0.2.1:3478" },
    { type = "MAPPED-ADDRESS", address = "[2001:db8::1]:3478" },
    { type = "USERHASH", value = ("h"):rep(32) },
    { type = 0xfffe, value = "xyz" }, "FINGERPRINT" } }
end

case {
  id = "stun-robust-001",
  title = "requests that are cut after each of their octets",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, _, octets) return run.truncations(name, octets) end)
  end
}

case {
  id = "stun-robust-002",
  title = "requests in which each length, count and other number lies",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, view) return run.numbers(name, view, run.p.derived) end)
  end
}

case {
  id = "stun-robust-003",
  title = "requests whose attributes are none, turned round, doubled, or there a thousand times",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, view) return run.counts(name, view, run.p.derived) end)
  end
}

case {
  id = "stun-robust-004",
  title = "requests in which each field is left out, empty, long, or holds what no text does",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, view) return run.fields(name, view, run.p.derived) end)
  end
}

case {
  id = "stun-robust-005",
  title = "requests inside attributes of requests, eight deep",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, view, octets) return run.nested(name, view, octets, run.p.derived) end)
  end
}

case {
  id = "stun-robust-006",
  title = "requests with octets after their end",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, _, octets) return run.tails(name, octets) end)
  end
}

case {
  id = "stun-robust-007",
  title = "requests with bits turned",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain(), rich = rich() },
      function(run, name, _, octets) return run.flips(name, octets, 128) end)
  end
}

case {
  id = "stun-robust-008",
  title = "octets of other protocols, and of none",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp", "tcp" },
  run = function(t)
    t:lib("robust").case(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, { plain = plain() },
      function(run) return run.strangers(100) end)
  end
}
