-- More than anybody should send a server over datagrams: it goes on serving, and multiplies nothing.

-- `n` messages of `make(i)`, in bursts, with a valid exchange after each.
local function flood(t, clauses, n, what, make)
  local run = t:lib("robust").start(t, clauses)
  if not run:alive() then return end
  local list = {}
  for i = 1, n do list[i] = { name = what .. " " .. i, args = make(i) } end
  if run:all(list, 64) then run:finish() end
end

case {
  id = "stun-robust-020",
  title = "requests from many sources at once",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp" },
  run = function(t)
    flood(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, 256, "request from source",
      function() return { class = "request", fresh = true } end)
  end
}

case {
  id = "stun-robust-021",
  title = "many transactions of one source at once, and the same one many times",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp" },
  run = function(t)
    flood(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, 512, "request",
      function(i) return { class = "request", transaction = i % 2 == 0 and "same-request" or nil } end)
  end
}

case {
  id = "stun-robust-022",
  title = "many indications, and responses that answer nothing",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp" },
  run = function(t)
    local classes = { "indication", "success", "error" }
    flood(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, 512, "message", function(i)
      return { class = classes[i % 3 + 1], fresh = i % 16 == 0, attributes = { { type = "SOFTWARE", value = "x" } } }
    end)
  end
}

case {
  id = "stun-robust-023",
  title = "messages as long as a datagram, from many sources",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "udp" },
  run = function(t)
    flood(t, { alive = "RFC8489:6.3.1#a4", once = "RFC8489:16.1.2#a1", match = "RFC8489:5#6",
      form = "RFC8489:6.3.1.1#a3" }, 64, "long message", function(i)
      return { class = "request", fresh = i % 2 == 0,
        attributes = { { type = 0xfffe, value = ("x"):rep(1000 + i * 7) }, { type = 0xffff - i, value = "" } } }
    end)
  end
}
