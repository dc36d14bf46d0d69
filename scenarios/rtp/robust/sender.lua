-- Bad RTCP to a sender: it goes on sending. The templates are those of scenarios/robust/lib.lua.

local clauses = { alive = "RFC4585:4.2#17", form = "RFC3550:6.1#7" }

local function report() return { packets = {
  { type = "SR", ssrc = 0x75757575, ntp_seconds = 3900000000, ntp_fraction = 5, rtp_timestamp = 6, packet_count = 7,
    octet_count = 8, reports = { { ssrc = 0x01020304, fraction_lost = 1, cumulative_lost = 2, highest_sequence = 3,
      jitter = 4, lsr = 5, dlsr = 6 } } },
  { type = "SDES", chunks = { { ssrc = 0x75757575, items = { { type = "CNAME", text = "bad@rtclab.test" },
    { type = "TOOL", text = "rtclab" } } } } },
  { type = "APP", ssrc = 0x75757575, name = "none", data = "abcd" } } } end

local function leaving() return { packets = {
  { type = "RR", ssrc = 0x75757575 },
  { type = "SDES", chunks = { { ssrc = 0x75757575, items = { { type = "CNAME", text = "bad@rtclab.test" } } } } },
  { type = "BYE", ssrcs = { 0x75757575 }, reason = "over" } } } end

local function feedback() return { packets = {
  { type = "RR", ssrc = 0x75757575 },
  { type = "SDES", chunks = { { ssrc = 0x75757575, items = { { type = "CNAME", text = "bad@rtclab.test" } } } } },
  { type = "NACK", ssrc = 0x75757575, media = 0x01020304, nacks = { { pid = 7, blp = 65535 }, { pid = 99, blp = 1 } } },
  { type = "PLI", ssrc = 0x75757575, media = 0x01020304 } } } end

local function rtcp(t, make, bases)
  t:lib("rtp").robust.sender = true
  t:lib("robust").case(t, clauses, bases or { report = report(), leaving = leaving(), feedback = feedback() }, make,
    "rtcp",
    256)
end

case {
  id = "rtp-robust-041", title = "to a sender: compounds that are cut after each of their octets",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, _, octets) return run.truncations(name, octets) end)
  end
}

case {
  id = "rtp-robust-042", title = "to a sender: compounds in which each number lies",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, view)
      for _, p in ipairs(view.packets) do p.length, p.count = 6, 1 end
      return run.numbers(name, view, {})
    end)
  end
}

case {
  id = "rtp-robust-043", title = "to a sender: compounds whose lists are empty, turned round, doubled, or very long",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, view, octets)
      local list = run.counts(name, view, run.p.derived)
      table.insert(list, 1, { name = name .. ", its first octets", args = { octets = octets:sub(1, 5) } })
      return list
    end)
  end
}

case {
  id = "rtp-robust-044",
    title = "to a sender: compounds in which each field is left out, empty, long, or of any octets",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, view) return run.fields(name, view, run.p.derived) end)
  end
}

case {
  id = "rtp-robust-045", title = "to a sender: compounds with bits turned, and with octets after their end",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run, name, _, octets)
      local list = run.tails(name, octets)
      local flips = run.flips(name, octets, 256)
      return table.move(flips, 1, #flips, #list + 1, list)
    end)
  end
}

case {
  id = "rtp-robust-046", title = "to a sender: octets of other protocols, and of none",
  suite = "rtp-robust", role = "rtp-sender", type = "R", needs = { "udp", "ask" }, tags = { "slow" },
  run = function(t)
    rtcp(t, function(run) return run.strangers(200) end, { report = report() })
  end
}
