-- Bad packets and bad RTCP to a receiver: it goes on reporting about a valid stream, and what it sends is RTCP.
-- The templates are those of scenarios/robust/lib.lua.

local clauses = { alive = "RFC3550:6.4#a2", form = "RFC3550:6.1#7" }

local function packet() return { version = 2, marker = false, payload_type = 0, sequence = 50, timestamp = 7777,
  ssrc = 0x77777777, payload = ("\255"):rep(40) } end

local function rich() return { version = 2, marker = true, payload_type = 0, sequence = 60, timestamp = 8888,
  ssrc = 0x78787878, csrc = { 0x01010101, 0x02020202 }, profile = 0xbede,
  elements = { { id = 1, data = "abc" }, { id = 2, data = "d" } }, payload = ("\255"):rep(20), pad = "\0\0\0" } end

local function event() return { version = 2, marker = true, payload_type = 101, sequence = 70, timestamp = 9999,
  ssrc = 0x79797979, payload = "\5\10\3\32" } end

local function report() return { packets = {
  { type = "SR", ssrc = 0x77777777, ntp_seconds = 3900000000, ntp_fraction = 5, rtp_timestamp = 6, packet_count = 7,
    octet_count = 8, reports = { { ssrc = 0x01020304, fraction_lost = 1, cumulative_lost = 2, highest_sequence = 3,
      jitter = 4, lsr = 5, dlsr = 6 } } },
  { type = "SDES", chunks = { { ssrc = 0x77777777, items = { { type = "CNAME", text = "bad@rtclab.test" },
    { type = "TOOL", text = "rtclab" } } } } },
  { type = "APP", ssrc = 0x77777777, name = "none", data = "abcd" } } } end

local function leaving() return { packets = {
  { type = "RR", ssrc = 0x77777777 },
  { type = "SDES", chunks = { { ssrc = 0x77777777, items = { { type = "CNAME", text = "bad@rtclab.test" } } } } },
  { type = "BYE", ssrcs = { 0x77777777 }, reason = "over" } } } end

local function rtp(t, make, bases)
  t:lib("robust").case(t, clauses, bases or { packet = packet(), rich = rich(), event = event() }, make, "rtp", 256)
end

local function rtcp(t, make, bases)
  t:lib("robust").case(t, clauses, bases or { report = report(), leaving = leaving() }, make, "rtcp", 256)
end

case {
  id = "rtp-robust-001", title = "packets that are cut after each of their octets",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtp(t, function(run, name, _, octets) return run.truncations(name, octets) end) end
}

case {
  id = "rtp-robust-002", title = "packets in which each number lies",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtp(t, function(run, name, view) return run.numbers(name, view, run.p.derived) end) end
}

case {
  id = "rtp-robust-003", title = "packets whose lists are empty, turned round, doubled, or very long",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    rtp(t, function(run, name, view, octets)
      local list = run.counts(name, view, run.p.derived)
      table.insert(list, 1, { name = name .. ", its first octets", args = { octets = octets:sub(1, 5) } })
      return list
    end)
  end
}

case {
  id = "rtp-robust-004", title = "packets in which each field is left out, empty, long, or of any octets",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtp(t, function(run, name, view) return run.fields(name, view, run.p.derived) end) end
}

case {
  id = "rtp-robust-005", title = "packets with bits turned, and with octets after their end",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    t:lib("rtp").robust.wait = 200 -- bits of the SSRC are turned too
    rtp(t, function(run, name, _, octets)
      local list = run.tails(name, octets)
      local flips = run.flips(name, octets, 256)
      return table.move(flips, 1, #flips, #list + 1, list)
    end)
  end
}

case {
  id = "rtp-robust-006", title = "octets of other protocols, and of none, on the RTP port",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtp(t, function(run) return run.strangers(200) end, { packet = packet() }) end
}

case {
  id = "rtp-robust-011", title = "compounds that are cut after each of their octets",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtcp(t, function(run, name, _, octets) return run.truncations(name, octets) end) end
}

case {
  id = "rtp-robust-012", title = "compounds in which each number lies",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, view)
      for _, p in ipairs(view.packets) do p.length, p.count = 6, 1 end
      return run.numbers(name, view, {})
    end)
  end
}

case {
  id = "rtp-robust-013", title = "compounds whose lists are empty, turned round, doubled, or very long",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, view, octets)
      local list = run.counts(name, view, run.p.derived)
      table.insert(list, 1, { name = name .. ", its first octets", args = { octets = octets:sub(1, 5) } })
      return list
    end)
  end
}

case {
  id = "rtp-robust-014", title = "compounds in which each field is left out, empty, long, or of any octets",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtcp(t, function(run, name, view) return run.fields(name, view, run.p.derived) end) end
}

case {
  id = "rtp-robust-015", title = "compounds with bits turned, and with octets after their end",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, _, octets)
      local list = run.tails(name, octets)
      local flips = run.flips(name, octets, 256)
      return table.move(flips, 1, #flips, #list + 1, list)
    end)
  end
}

case {
  id = "rtp-robust-016", title = "octets of other protocols, and of none, on the RTCP port",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t) rtcp(t, function(run) return run.strangers(200) end, { report = report() }) end
}

-- `n` of what `make(i)` gives, in bursts, with a valid exchange after each.
local function flood(t, n, kind, what, make)
  local run = t:lib("robust").start(t, clauses)
  if not run then return end
  run.kind = kind
  if not run:alive() then return end
  local list = {}
  for i = 1, n do list[i] = { name = what .. " " .. i, args = make(i) } end
  if run:all(list, 500) then run:finish() end
end

case {
  id = "rtp-robust-020", title = "packets of two hundred sources, one each",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    t:lib("rtp").robust.wait = 400
    flood(t, 200, "rtp", "source", function(i)
      return { ssrc = 0x60000000 + i, sequence = i & 0xffff, timestamp = i, payload = "x", payload_type = 0 }
    end)
  end
}

case {
  id = "rtp-robust-021", title = "packets as long as a datagram",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    flood(t, 40, "rtp", "long packet", function(i)
      return { ssrc = 0x61000000, sequence = i, timestamp = i * 160, payload = ("x"):rep(1000 + i * 1500),
        payload_type = 0,
        version = i == 1 and 1 or nil }
    end)
  end
}

case {
  id = "rtp-robust-022", title = "reports of 31 blocks, many in one compound",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    local blocks, packets = {}, {}
    for i = 1, 31 do
      blocks[i] = { ssrc = 0x62000000 + i, fraction_lost = i, cumulative_lost = i, highest_sequence = i, jitter = i,
        lsr = i, dlsr = i }
    end
    for i = 1, 40 do packets[i] = { type = "RR", ssrc = 0x63000000, reports = blocks } end
    packets[41] = { type = "SDES", chunks = { { ssrc = 0x63000000, items = { { type = "CNAME",
      text = "many@rtclab.test" } } } } }
    flood(t, 100, "rtcp", "compound", function() return { packets = packets } end) -- 30108 octets each
  end
}

case {
  id = "rtp-robust-023", title = "streams that start again far away with each packet",
  suite = "rtp-robust", role = "rtp-receiver", type = "R", needs = { "udp" }, tags = { "slow" },
  run = function(t)
    flood(t, 1000, "rtp", "jump", function(i)
      return { ssrc = 0x64000000 + i % 4, sequence = i * 17011 & 0xffff, timestamp = i * 99991 & 0xffffffff,
        payload = "xy",
        payload_type = 0 }
    end)
  end
}
