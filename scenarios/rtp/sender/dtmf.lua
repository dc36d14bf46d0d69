-- Telephone events of a sender: RFC 4733 sections 2.3, 2.5.1, 3.2. It is asked to send digits.

local function lib(t) return t:lib("rtp") end
local codes = "0123456789*#ABCD"

-- A sender with half a second of audio, that then sends digits: its packets, the events in them.
local function press(t, digits, args)
  local l = lib(t)
  local a = l.sender(t, { payload_type = 0 })
  local got = a and l.stream(t, a, 0.5, 2)
  if not got then return end
  args = args or {}
  args.digits = digits
  local r = t:ask("dtmf", args)
  if r.kind ~= "success" then
    return t:inconc("RFC4733:2.5.1.2#1", "it cannot send digits (" .. tostring(r.why or r.kind) .. ")")
  end
  local list = got.packets
  for _, ev in ipairs(l.collect(t, a, 0.5).packets) do list[#list + 1] = ev end
  local events = l.events(list)
  if #events == 0 then
    return t:inconc("RFC4733:2.5.1.2#1", "no telephone events came with payload type 101")
  end
  return l, events, list
end

case {
  id = "rtp-sender-050",
  title = "one digit: marker first, one timestamp, a duration that grows, an end",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, "5")
    if not l then return end
    local e = events[1]
    t:check("RFC4733:3.2#e1", e.event == 5, "the digit 5 is event " .. e.event, e.packets[1])
    t:check("RFC4733:2.5.1.2#3", #events == 1, ("%d timestamps in one event"):format(#events),
      events[#events].packets[1])
    t:check("RFC4733:2.5.1.2#4", e.packets[1].marker, "the first packet has no marker bit", e.packets[1])
    local ended, longest, updates = false, 0, 0
    for i, tone in ipairs(e.tones) do
      local ev = e.packets[i]
      if i > 1 then t:check("RFC4733:2.5.1.2#6", not ev.marker, "a marker bit on an update", ev) end
      t:check("RFC4733:2.3.3#1a", not tone.reserved or tone.reserved == 0, "the reserved bit is set", ev)
      t:check("RFC4733:2.3.5#1", tone.duration > 0, "a duration of 0", ev)
      t:check("RFC4733:2.5.1.2#3", tone.duration >= longest,
        ("the duration goes back from %d to %d"):format(longest, tone.duration), ev)
      if i > 1 and not ended and not tone["end"] and i < #e.tones - 3 then
        updates = updates + 1
        t:check("RFC4733:2.5.1.2#3", tone.duration > longest, "an update without a longer duration", ev)
      end
      t:check("RFC4733:2.5.1.4#6", not ended or tone["end"], "the E bit is taken back", ev)
      longest, ended = math.max(longest, tone.duration), ended or tone["end"]
    end
    t:check("RFC4733:2.5.1.2#5", ended, "no packet of the event has the E bit", e.packets[#e.packets])
  end
}

case {
  id = "rtp-sender-051",
  title = "the E bit is on the last packet and its repetitions alone, which are the same three times",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, "7", { duration_us = 200000 })
    if not l then return end
    local e = events[1]
    local last = e.tones[#e.tones].duration
    local n = 0
    for i, tone in ipairs(e.tones) do
      if tone.duration == last then n = n + 1 end
      t:check("RFC4733:2.5.1.2#6", not tone["end"] or tone.duration == last,
        ("the E bit at a duration of %d; the event goes on to %d"):format(tone.duration, last), e.packets[i])
    end
    t:check("RFC4733:2.5.1.4#1", n == 3, ("the final packet was sent %d times"):format(n), e.packets[#e.packets])
    if not e.tones[#e.tones]["end"] then
      t:check("RFC4733:2.5.1.2#5", false, "the last packet of the event has no E bit", e.packets[#e.packets])
    end
  end
}

case {
  id = "rtp-sender-052",
  title = "events have the sequence numbers and the clock of the audio beside them",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events, list = press(t, "12")
    if not l then return end
    l.sequence(t, list, "RFC4733:2.5.1.6#1")
    local audio
    for _, ev in ipairs(list) do
      if not ev.tones then
        audio = ev
      elseif ev == events[1].packets[1] and audio then
        local ran, took = l.since(ev.timestamp, audio.timestamp) / 8000, (ev.time_us - audio.time_us) / 1e6
        t:check("RFC4733:2.5.1.2#1", math.abs(ran - took) <= 0.25 * t.scale,
          ("the event's timestamp is %.3f s after that of the audio, and came %.3f s after it"):format(ran, took), ev)
      end
    end
    if not audio then t:inconc("RFC4733:2.5.1.2#1", "there is no audio beside the events") end
  end
}

case {
  id = "rtp-sender-053",
  title = "the duration is that of the key, and grows as time does",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, "3", { duration_us = 400000 })
    if not l then return end
    local e = events[1]
    local first, last = e.packets[1], nil
    for i, tone in ipairs(e.tones) do
      local ran, took = (tone.duration - e.tones[1].duration) / 8000, (e.packets[i].time_us - first.time_us) / 1e6
      if not last or tone.duration ~= last then -- repetitions come later
        t:check("RFC4733:2.5.1.2#3", math.abs(ran - took) <= 0.12 * t.scale,
          ("the duration grows by %.3f s in %.3f s"):format(ran, took), e.packets[i])
      end
      last = tone.duration
    end
    t:check("RFC4733:2.3.5#e1", math.abs(last / 8000 - 0.4) <= 0.12 * t.scale,
      ("a key of 400 ms has a duration of %.3f s"):format(last / 8000), e.packets[#e.packets])
  end
}

case {
  id = "rtp-sender-054",
  title = "two digits: the second begins behind the first",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, "99")
    if not l then return end
    t:check("RFC4733:2.5.1.2#4", #events == 2, ("two digits are %d events"):format(#events), events[1].packets[1])
    if #events < 2 then return end
    local one, two = events[1], events[2]
    local length = one.tones[#one.tones].duration
    t:check("RFC4733:2.5.1.2#4", two.packets[1].marker, "the second event begins without a marker bit", two.packets[1])
    t:check("RFC4733:2.5.1.2#1", l.since(two.timestamp, one.timestamp) >= length,
      ("the second event begins %d units after the first, which lasts %d"):format(l.since(two.timestamp,
        one.timestamp), length),
      two.packets[1])
  end
}

case {
  id = "rtp-sender-055",
  title = "all sixteen keys by their codes",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, codes)
    if not l then return end
    local got, k = {}, 0
    for _, e in ipairs(events) do
      k = k + 1
      got[k] = e.event <= 15 and codes:sub(e.event + 1, e.event + 1) or "?"
    end
    t:check("RFC4733:3.2#e1", table.concat(got) == codes, codes .. " is sent as " .. table.concat(got),
      events[1].packets[1])
  end
}

case {
  id = "rtp-sender-056",
  title = "updates come at constant intervals",
  role = "rtp-sender", type = "T", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, events = press(t, "4", { duration_us = 500000 })
    if not l then return end
    local e = events[1]
    local list = {}
    for i = 2, #e.packets do
      if e.tones[i].duration ~= e.tones[i - 1].duration then
        list[#list + 1] = e.packets[i].time_us - e.packets[i - 1].time_us
      end
    end
    if #list > 1 then list[#list] = nil end -- the last one ends when the key is let go
    if #list < 2 then return t:inconc("RFC4733:2.5.1.2#9", "fewer than three updates") end
    for i = 2, #list do
      t:check("RFC4733:2.5.1.2#9", math.abs(list[i] - list[1]) <= 0.25 * list[1] + 15000 * t.scale,
        ("updates %.0f and %.0f ms apart"):format(list[1] / 1000, list[i] / 1000), e.packets[i + 1])
    end
  end
}

case {
  id = "rtp-sender-057",
  title = "a key that is held for 20 s: segments of 0xffff, without end and marker but the last and the first",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf", "long-events" }, tags = { "slow" },
  run = function(t)
    local l, events = press(t, "0", { duration_us = 20000000 })
    if not l then return end
    t:check("RFC4733:2.5.1.3#1", #events == 3, ("20 s are %d segments"):format(#events), events[1].packets[1])
    for i, e in ipairs(events) do
      local n, full = #e.tones, false
      for k, tone in ipairs(e.tones) do
        t:check("RFC4733:2.5.1.3#2", not full or tone.duration == 0xffff,
          ("behind a full segment a duration of %d, under the timestamp of that segment"):format(tone.duration),
            e.packets[k])
        full = full or tone.duration == 0xffff
      end
      if i < #events then
        t:check("RFC4733:2.5.1.3#1", e.tones[n].duration == 0xffff,
          ("a segment ends at %d"):format(e.tones[n].duration), e.packets[n])
        for k, tone in ipairs(e.tones) do
          t:check("RFC4733:2.5.1.3#1", not tone["end"], "the E bit within a segment that others follow", e.packets[k])
        end
      else
        t:check("RFC4733:2.5.1.3#5", e.tones[n]["end"], "no E bit at the end of the event", e.packets[n])
      end
      if i > 1 then
        t:check("RFC4733:2.5.1.3#3", not e.packets[1].marker, "a marker bit on the first packet of a next segment",
          e.packets[1])
        t:check("RFC4733:2.5.1.3#2", l.since(e.timestamp, events[i - 1].timestamp) == 0xffff,
          ("a segment begins %d units after the one before"):format(l.since(e.timestamp, events[i - 1].timestamp)),
            e.packets[1])
      end
    end
  end
}

case {
  id = "rtp-sender-058",
  title = "after a digit audio goes on, on the same clock",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "dtmf" },
  run = function(t)
    local l, _, list = press(t, "6")
    if not l then return end
    local before, after, tone
    for _, ev in ipairs(list) do
      if ev.tones then tone = true
      elseif not tone then before = ev
      elseif not after then after = ev end
    end
    if not before or not after then return t:inconc("RFC4733:2.5.1.2#1", "no audio on both sides of the digit") end
    local ran, took = l.since(after.timestamp, before.timestamp) / 8000, (after.time_us - before.time_us) / 1e6
    t:check("RFC4733:2.5.1.2#1", math.abs(ran - took) <= 0.15 * t.scale,
      ("across a digit the timestamp runs %.3f s in %.3f s"):format(ran, took), after)
    l.sequence(t, list)
  end
}
