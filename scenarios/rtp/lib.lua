-- scenarios/rtp/lib.lua - conveniences of RTP cases, over what the binding gives.
local event, actor, lib = {}, {}, {}
lib.event, lib.actor = event, actor

---------------------------------------------------------------- what a user can ask for

lib.asks = {
  ["rtp-sender"] = {
    first = "start",
    start = { "server", "rtcp_to", "payload_type", "ptime_us", "duration_us", "text_only" },
    stop = {}, pause = {}, resume = {}, payload = { "payload_type", "clock_rate" },
    dtmf = { "digits", "duration_us", "gap_us", "volume" }, text = { "text" }, bye = { "reason" }, report = {},
  },
  ["rtp-receiver"] = {
    first = "receive",
    receive = { "server", "rtcp_to" }, report = {}, bye = { "reason" },
  },
}

-- Whether the profile claims a word.
function lib.supports(t, word)
  for _, w in ipairs(t.profile.supports or {}) do
    if w == word then return true end
  end
  return false
end

---------------------------------------------------------------- what came

-- The n-th packet of a type in a compound; nil: none.
function event.packet(r, type, n)
  for _, p in ipairs(r.compound and r.compound.packets or {}) do
    if p.type == type then
      if (n or 1) == 1 then return p end
      n = n - 1
    end
  end
end

-- The SSRC of whoever sent a compound: that of its first report.
function event.reporter(r)
  for _, p in ipairs(r.compound and r.compound.packets or {}) do
    if p.type == "SR" or p.type == "RR" then return p.ssrc end
  end
end

-- The report block about a source; nil: none.
function event.block(r, ssrc)
  for _, p in ipairs(r.compound and r.compound.packets or {}) do
    if p.type == "SR" or p.type == "RR" then
      for _, b in ipairs(p.reports or {}) do
        if b.ssrc == ssrc then return b end
      end
    end
  end
end

-- The CNAME of a source; nil: none in there.
function event.cname(r, ssrc)
  for _, p in ipairs(r.compound and r.compound.packets or {}) do
    for _, c in ipairs(p.type == "SDES" and p.chunks or {}) do
      for _, i in ipairs(c.ssrc == ssrc and c.items or {}) do
        if i.type == "CNAME" then return i.text end
      end
    end
  end
end

-- Whether it says BYE for an SSRC.
function event.leaves(r, ssrc)
  for _, p in ipairs(r.compound and r.compound.packets or {}) do
    for _, s in ipairs(p.type == "BYE" and p.ssrcs or {}) do
      if s == ssrc then return true end
    end
  end
  return false
end

-- The types of a compound in words.
function event.types(r)
  local out = {}
  for i, p in ipairs(r.compound and r.compound.packets or {}) do out[i] = tostring(p.type) end
  return table.concat(out, ", ")
end

-- The cumulative number lost, with its sign.
function lib.lost(block)
  local n = block.cumulative_lost
  return n >= 0x800000 and n - 0x1000000 or n
end

---------------------------------------------------------------- a session of the case's own

-- A party that sends what it is told to, and nothing else. With `mux` RTP and RTCP share a port.
function lib.session(t, config)
  config = config or {}
  if config.manual == nil then config.manual = true end
  config.sequence, config.timestamp = config.sequence or 1000, config.timestamp or 100000
  local sequence, timestamp = config.sequence, config.timestamp
  local a = t:actor("session", "rtp", config)
  t:allow(a)
  local w = a:where {}
  a.at, a.rtcp_at, a.ssrc = w["local"], w.rtcp_local, w.ssrc
  a.sequence, a.timestamp = sequence, timestamp -- of what is sent by lib.digit and lib.write
  return a
end

-- A session, and a receiver under test that knows where its reports go. nil, with an inconclusive check, where
-- it cannot be had.
function lib.receiver(t, config)
  local a = lib.session(t, config)
  if lib.supports(t, "ask") then
    local r = t:ask("receive", { server = a.at, rtcp_to = a.rtcp_at })
    if r.kind ~= "success" then
      t:inconc("RFC3550:6.4#a2", "the receiver cannot be told where its reports go (" .. tostring(r.why or r.kind) ..
        ")")
      return nil
    end
  end
  return a
end

-- The next compound that `where` accepts; without it any.
function lib.compound(a, seconds, where)
  return a:receive { timeout = seconds or 30,
    where = function(ev) return ev.kind == "rtcp" and ev.compound ~= nil and (not where or where(ev)) end }
end

-- SR and SDES of a source, as `rtcp` takes them. opts: seconds, fraction (of NTP), timestamp, packets, octets,
-- cname, more (packets behind), reports.
function lib.sr(ssrc, opts)
  opts = opts or {}
  local list = {
    { type = "SR", ssrc = ssrc, ntp_seconds = opts.seconds or 3900000000, ntp_fraction = opts.fraction or 0x80000000,
      rtp_timestamp = opts.timestamp or 0, packet_count = opts.packets or 0, octet_count = opts.octets or 0,
      reports = opts.reports },
    { type = "SDES", chunks = { { ssrc = ssrc, items = { { type = "CNAME", text = opts.cname
      or "case@rtclab.test" } } } } },
  }
  for _, p in ipairs(opts.more or {}) do list[#list + 1] = p end
  return { packets = list }
end

-- RR and SDES of a participant that sends nothing.
function lib.rr(ssrc, opts)
  opts = opts or {}
  local list = {
    { type = "RR", ssrc = ssrc, reports = opts.reports },
    { type = "SDES", chunks = { { ssrc = ssrc, items = { { type = "CNAME", text = opts.cname
      or "case@rtclab.test" } } } } },
  }
  for _, p in ipairs(opts.more or {}) do list[#list + 1] = p end
  return { packets = list }
end

-- `n` steps of a stream, each number once, without those in `lost` (a set of offsets).
function lib.steps(n, lost)
  local out = {}
  for i = 0, n - 1 do
    if not (lost and lost[i]) then out[#out + 1] = { n = i } end
  end
  return out
end

---------------------------------------------------------------- a receiver's reports

local SURE_US = 20000 -- a report that is later than this after the last packet counts all of them

-- The first report about a source after its stream has ended at `end_us`: the compound, its block, and the block
-- before it (nil: none). nil where none comes, with a check that fails where other reports do.
function lib.report(t, a, ssrc, end_us)
  local before, early
  while true do
    local ev = lib.compound(a, early and 10 or 30, function(e) return e:block(ssrc) ~= nil end)
    if not ev.compound then break end
    if ev.time_us >= end_us + SURE_US then return ev, ev:block(ssrc), early and early:block(ssrc) or before end
    if early then before = early:block(ssrc) end
    if ev.time_us >= end_us then early = ev else before = ev:block(ssrc) end
  end
  if early then return early, early:block(ssrc), before end
  local any = lib.compound(a, 0)
  if any.compound then
    t:check("RFC3550:6.4#a2", false, "its reports have no block about a source that it has heard", any)
  else
    t:inconc("RFC3550:6.4#a2", "no report came within 30 s")
  end
  return nil
end

-- Send a stream and take the report about it: the compound, the block, the block before, and what `stream` said.
function lib.reported(t, a, args)
  local r = a:stream(args)
  if r.kind ~= "success" then
    t:inconc("RFC3550:6.4#a2", "the stream cannot be sent: " .. tostring(r.why))
    return nil
  end
  local ev, b, before = lib.report(t, a, args.ssrc or a.ssrc, r.time_us)
  if not ev then return nil end
  return ev, b, before, r
end

-- The values that fraction lost may have, from what the block and the one before it say themselves. `base`: the
-- first sequence number; a receiver that validates a source first counts from the second.
function lib.fractions(b, before, base)
  local out = {}
  local lost = lib.lost(b) - (before and lib.lost(before) or 0)
  for less = 0, before and 0 or 1 do
    local expected = before and b.highest_sequence - before.highest_sequence
      or ((b.highest_sequence & 0xffff) - base & 0xffff) + 1 - less
    local f = expected > 0 and lost > 0 and (lost * 256) // expected or 0
    out[#out + 1] = math.min(f, 255)
  end
  return out
end

-- Whether a block says that `n` packets were lost. One less is lawful too: packets expected are, in the words of
-- section 6.4.1, the extended last sequence number less the initial one, while A.3 adds one to that.
function lib.is_lost(b, n)
  local lost = lib.lost(b)
  return lost == n or lost == n - 1
end

-- Check what a block says against what was sent: highest (16 bits, or 32 with the cycles), lost.
function lib.counts(t, ev, b, want)
  if want.highest then
    local what = ("the extended highest sequence number is 0x%x; 0x%x was sent"):format(b.highest_sequence,
      want.highest)
    t:check("RFC3550:6.4.1#a25", b.highest_sequence & 0xffff == want.highest & 0xffff, what, ev)
    if want.highest > 0xffff then
      t:check("RFC3550:6.4.1#a26", b.highest_sequence >> 16 == want.highest >> 16, what, ev)
    end
  end
  if want.lost then
    t:check("RFC3550:6.4.1#a22", lib.is_lost(b, want.lost),
      ("the cumulative number lost is %d and not %d"):format(lib.lost(b), want.lost), ev)
  end
end

function lib.fraction(t, ev, b, before, base)
  local list = lib.fractions(b, before, base)
  local good = false
  for _, f in ipairs(list) do good = good or b.fraction_lost == f end
  t:check("RFC3550:6.4.1#a19", good, ("fraction lost is %d/256 and not %d/256"):format(b.fraction_lost, list[1]), ev)
end

-- What every compound has to be: a report first, two packets at least, and a CNAME of whoever reports.
function lib.whole(t, ev)
  local list = ev.compound.packets
  local first = list[1] or {}
  t:check("RFC3550:6.1#7", first.type == "SR" or first.type == "RR",
    "a compound begins with " .. tostring(first.type), ev)
  t:check("RFC3550:6.1#4", #list >= 2, "one packet alone: " .. ev:types(), ev)
  t:check("RFC3550:6.1#10", ev:packet("SDES") ~= nil, "there is no SDES packet: " .. ev:types(), ev)
  local ssrc
  for _, p in ipairs(list) do
    if p.type == "SR" or p.type == "RR" then ssrc = ssrc or p.ssrc end
  end
  local sdes, other = ev:packet("SDES"), false
  for _, c in ipairs(sdes and sdes.chunks or {}) do
    for _, i in ipairs(c.items or {}) do other = other or i.type == "CNAME" and c.ssrc ~= ssrc end
  end
  if sdes and not ev:cname(ssrc) then
    t:check(other and "RFC3550:6.5.1#1" or "RFC3550:6.1#10", false,
      other and "the CNAME is of another SSRC than the report" or "there is no CNAME item", ev)
  else
    t:check("RFC3550:6.5.1#1", true)
  end
  return ssrc
end

-- The jitter of RFC3550:6.4.1 over arrivals {us, timestamp}, in units of `rate` Hz.
function lib.jitter(list, rate)
  local j, last = 0, nil
  for _, p in ipairs(list) do
    local transit = p[1] * rate / 1e6 - p[2]
    if last then j = j + (math.abs(transit - last) - j) / 16 end
    last = transit
  end
  return j
end

-- RTCP with the SSRC of the IUT, as it sends it, comes back to it: a BYE and another SSRC. What comes back then is
-- known by its address (RFC 3550, section 8.2): each loop leads to one BYE.
function lib.looped(t, a, ssrc, cname)
  a:rtcp(lib.rr(ssrc, { cname = cname }))
  local bye = lib.compound(a, 20, function(e) return e:leaves(ssrc) end)
  local own = bye.compound and lib.compound(a, 30, function(e) return not e:packet("BYE") and e:reporter() ~= ssrc end)
  if not own or not own.compound then
    return t:inconc("RFC3550:8.2#a1", "no BYE for the SSRC that came back, or no report after it")
  end
  local new = own:reporter()
  for _ = 1, 3 do
    a:rtcp(lib.rr(new, { cname = cname }))
    t:pass(0.2 * t.scale)
  end
  local again = lib.compound(a, 8, function(e) return e:leaves(new) end)
  t:check("RFC3550:8.2#a1", not again.compound, "another BYE for an SSRC that came back from the same address", again)
end

---------------------------------------------------------------- a sender

-- A session, and a sender under test that has begun to send to it. nil, with an inconclusive check, where it has
-- not. The packets that have come stay where `collect` finds them.
function lib.sender(t, args, config)
  local a = lib.session(t, config)
  args = args or {}
  args.server, args.rtcp_to = a.at, a.rtcp_at
  local r = t:ask("start", args)
  if r.kind ~= "success" then
    t:inconc("RFC3550:5.1#a10", "the sender does not begin (" .. tostring(r.why or r.kind) .. ")")
    return nil
  end
  if args.text_only then return a end
  -- what is asked takes a while where a program has to be started; a stream of before may have come until then
  local told = t:now() * 1e6 - 100
  local first = a:receive { timeout = 15, where = function(ev) return ev.kind == "packet" and ev.time_us >= told end }
  if first.kind ~= "packet" then return a end
  local keep, before = {}, true
  for _, ev in ipairs(a:pending()) do
    if before and ev.time_us >= first.time_us then
      before, keep[#keep + 1] = false, first
    end
    local of = ev.kind == "packet" and ev.ssrc or ev.compound and ev:reporter()
    if of == first.ssrc or not before then keep[#keep + 1] = ev end
  end
  if before then keep[#keep + 1] = first end
  a.inbox = keep
  return a
end

-- All that comes in so many seconds, and was there before: {packets, rtcp, all}.
function lib.collect(t, a, seconds)
  if seconds > 0 then t:pass(seconds) end
  local out = { packets = {}, rtcp = {}, all = {} }
  for _, ev in ipairs(a:pending()) do
    if ev.kind == "packet" and ev.message then out.packets[#out.packets + 1] = ev end
    if ev.kind == "rtcp" and ev.compound then out.rtcp[#out.rtcp + 1] = ev end
    out.all[#out.all + 1] = ev
  end
  return out
end

-- The same, and an inconclusive check where fewer than `n` packets came.
function lib.stream(t, a, seconds, n)
  local got = lib.collect(t, a, seconds)
  if #got.packets < (n or 2) then
    t:inconc("RFC3550:5.1#a10", ("%d packets came in %g s"):format(#got.packets, seconds))
    return nil
  end
  return got
end

-- a - b of timestamps, with its sign.
function lib.since(a, b)
  local d = a - b & 0xffffffff
  return d >= 0x80000000 and d - 0x100000000 or d
end

-- Each packet has the next number after the one before it, and the same SSRC.
function lib.sequence(t, list, clause)
  for i = 2, #list do
    local p, q = list[i - 1], list[i]
    if q.ssrc ~= p.ssrc then
      t:check("RFC3550:3#a1", false, ("the SSRC changes from 0x%x to 0x%x"):format(p.ssrc, q.ssrc), q)
      return
    elseif q.sequence ~= (p.sequence + 1 & 0xffff) then
      t:check(clause or "RFC3550:5.1#a10", false, ("sequence number %d follows %d"):format(q.sequence, p.sequence), q)
      return
    end
  end
  t:check("RFC3550:3#a1", true)
  t:check(clause or "RFC3550:5.1#a10", true)
end

---------------------------------------------------------------- telephone events

-- Event packets by the event or segment that they are of, which is their timestamp: a list of {timestamp, event,
-- packets, tones}. Repetitions of one may come between reports of the next.
function lib.events(list)
  local out, by = {}, {}
  for _, ev in ipairs(list) do
    local e = ev.tones and ev.tones[1]
    if e then
      local of = by[ev.timestamp]
      if not of then
        of = { timestamp = ev.timestamp, event = e.event, packets = {}, tones = {} }
        out[#out + 1], by[ev.timestamp] = of, of
      end
      of.packets[#of.packets + 1] = ev
      of.tones[#of.tones + 1] = e
    end
  end
  return out
end

-- Send one digit as a sender would. opts: timestamp, duration, step (units of the timestamp), skip (a set of
-- packet numbers that are lost), ends (how many), volume, reserved. The session's sequence numbers go on.
function lib.digit(a, code, opts)
  opts = opts or {}
  local step, total = opts.step or 160, opts.duration or 800
  local n, ends, list = 0, opts.ends or 3, {}
  for d = step, total - 1, step do list[#list + 1] = { d, false } end
  for _ = 1, ends do list[#list + 1] = { total, true } end
  for i, e in ipairs(list) do
    local payload = string.pack(">BBI2", code, (e[2] and 0x80 or 0) | (opts.reserved and 0x40 or 0) | (opts.volume
      or 10),
      e[1])
    a.sequence = a.sequence + 1 & 0xffff
    if not (opts.skip and opts.skip[i]) then
      a:send { payload_type = 101, marker = i == 1, timestamp = opts.timestamp, sequence = a.sequence, ssrc = a.ssrc,
        payload = payload, delay_us = n * 20000 }
    end
    n = n + 1
  end
  return n * 0.02
end

---------------------------------------------------------------- text

-- The payload of text/red: `blocks` of {offset, octets}, the primary last.
function lib.red(blocks, primary)
  local head, body = {}, {}
  for _, b in ipairs(blocks) do
    head[#head + 1] = string.pack(">BI3", 0x80 | 98, b[1] << 10 | #b[2])
    body[#body + 1] = b[2]
  end
  return table.concat(head) .. string.char(98) .. table.concat(body) .. primary
end

-- Send texts as text/red with two generations, 300 ms apart; those whose number is in `lost` are not sent.
function lib.write(a, list, lost, from)
  for i, text in ipairs(list) do
    local blocks = {}
    for k = math.max(1, i - 2), i - 1 do blocks[#blocks + 1] = { (i - k) * 300, list[k] } end
    if not (lost and lost[i]) then
      a:send { payload_type = 100, marker = i == 1 and not from, sequence = (a.sequence + i) & 0xffff, ssrc = a.ssrc,
        timestamp = a.timestamp + i * 300, payload = lib.red(blocks, text), delay_us = (i - 1) * 300000 }
    end
  end
  a.sequence, a.timestamp = a.sequence + #list & 0xffff, a.timestamp + #list * 300
  return #list * 0.3
end

---------------------------------------------------------------- for the templates of t:lib("robust")

lib.robust = { unasked = true, derived = { length = true, count = true, csrc_count = true, ext_length = true,
  padding = true,
  extension = true, pad_count = true, end_octets = true } }

-- Nothing in RTP belongs to one message of before.
function lib.robust.id() return nil end
function lib.robust.with_id(octets) return octets end

-- What a participant may send: RTP where it is a sender, and RTCP.
function lib.robust.answer(ev)
  if ev.kind == "rtcp" and ev.compound then return true end
  if ev.kind == "packet" and ev.message then return lib.robust.sender or "a packet from who sends none" end
  return "what is neither RTP nor RTCP"
end

-- A receiver is told where its reports go. A case of a sender says so (`lib.robust.sender = true`): it is started,
-- and what is bad goes to where its packets come from.
function lib.robust.actor(t)
  if not lib.robust.sender then return lib.receiver(t) end
  local a = lib.sender(t)
  local p = a and a:receive { timeout = 5, where = function(ev) return ev.kind == "packet" end }
  if not p or p.kind ~= "packet" then return nil end
  a:aim { to = p.from }
  return a
end

function lib.robust.send(a, args, kind)
  if kind == "rtcp" then
    a.swollen = true
    return a:rtcp(args)
  end
  args.keep = true
  if args.profile ~= 0xbede then args.elements = nil end -- they have no name under another profile
  return a:send(args)
end

-- What has come until now is looked at; nothing of it is an answer to what follows.
function lib.robust.heard(a)
  local keep = {}
  for _, ev in ipairs(a:pending()) do
    if not (ev.kind == "packet" and ev.message) then keep[#keep + 1] = ev end
  end
  for _, ev in ipairs(keep) do a.inbox[#a.inbox + 1] = ev end
end

function lib.robust.view(draft) return draft end

-- How long a report may take: where bad input makes many sources, it is lawfully rare, and about some of them.
lib.robust.wait = 20

-- Eight packets of a source in sequence: a receiver reports about them. A source about which nothing was said in the
-- end, since bad input may have ended it, gives way to a new one.
-- A sender sends.
function lib.robust.exchange(t, a, _, n)
  if lib.robust.sender then
    t:pass(0.2)
    lib.robust.heard(a)
    local p = a:receive { timeout = 5, where = function(ev) return ev.kind == "packet" and ev.message ~= nil end }
    return { id = n, answer = { kind = p.kind == "packet" and "success" or "timeout", event = "answer",
      frame = p.frame } }
  end
  a.tried = a.tried or { ssrc = 0x5a000001, sequence = 1000, timestamp = 8000 }
  local s = a.tried
  if a.swollen then -- the average size of RTCP is large by what was sent, and makes reports rare: small ones lessen it
    for _ = 1, 60 do a:rtcp(lib.rr(s.ssrc)) end
    a.swollen = nil
  end
  local r = a:stream { count = 8, ssrc = s.ssrc, sequence = s.sequence, timestamp = s.timestamp }
  s.sequence, s.timestamp = s.sequence + 8 & 0xffff, s.timestamp + 1280
  local ev = r.kind == "success" and lib.compound(a, lib.robust.wait, function(e) -- of before there may be reports too
    local b = e:block(s.ssrc)
    return b ~= nil and b.highest_sequence & 0xffff == (s.sequence - 1 & 0xffff)
  end) or r
  if ev.compound then return { id = n, answer = { kind = "success", event = "answer", frame = ev.frame } } end
  a.tried = { ssrc = s.ssrc + 1, sequence = 1000, timestamp = 8000 }
  return { id = n, answer = { kind = "timeout", event = "timeout" } }
end

function lib.sanity(t, a, clause)
  local r = lib.robust.exchange(t, a, nil, 1).answer
  if r.kind == "success" then return r end
  t:inconc(clause, "a valid stream is not reported about any more")
  return nil
end

return lib
