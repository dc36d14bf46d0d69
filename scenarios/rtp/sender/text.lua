-- Text conversation of a sender: RFC 4103 over RFC 2198. It is asked to send text; text/red is payload type 100,
-- text/t140 98.

local function lib(t) return t:lib("rtp") end

-- A sender of text that is given pieces of it, so many seconds apart: its packets, each with `primary` (octets).
local function write(t, pieces, seconds)
  local l = lib(t)
  local a = l.sender(t, { text_only = true })
  if not a then return end
  local list = {}
  local function take(s)
    for _, ev in ipairs(l.collect(t, a, s).packets) do
      local n = ev.blocks and #ev.blocks or 0
      ev.primary = n > 0 and ev.blocks[n].data or ev.message.payload
      list[#list + 1] = ev
    end
  end
  for _, s in ipairs(pieces) do
    local r = t:ask("text", { text = s })
    if r.kind ~= "success" then
      return t:inconc("RFC4103:4#1", "it cannot send text (" .. tostring(r.why or r.kind) .. ")")
    end
    take(seconds)
  end
  take(2)
  if #list == 0 then return t:inconc("RFC4103:4#1", "no packets came") end
  return l, list, a, take
end

case {
  id = "rtp-sender-060",
  title = "text comes whole and in order, in redundant packets",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" },
  run = function(t)
    local l, list = write(t, { "Hello ", "wor", "ld" }, 0.5)
    if not l then return end
    local all, red = {}, false
    for i, ev in ipairs(list) do
      all[i] = ev.primary
      red = red or (ev.blocks and #ev.blocks > 1)
      t:check("RFC2198:3#c1", ev.payload_type ~= 100 or ev.blocks ~= nil,
        "the headers of the blocks do not fit the payload", ev)
    end
    t:check("RFC4103:3.2#q2", table.concat(all) == "Hello world", "'Hello world' is sent as '" ..
      table.concat(all) .. "'",
      list[1])
    t:check("RFC4103:4#1", red, "no packet has redundant data", list[#list])
    l.sequence(t, list)
  end
}

case {
  id = "rtp-sender-061",
  title = "each redundant block is a primary one of before, in order, none left out",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" },
  run = function(t)
    local l, list = write(t, { "one ", "two ", "three ", "four ", "five" }, 0.4)
    if not l then return end
    for i, ev in ipairs(list) do
      local n = ev.blocks and #ev.blocks or 1
      for k = 1, n - 1 do
        local b, from = ev.blocks[k], list[i - (n - k)]
        if from and b.data ~= from.primary then
          local known = false
          for j = 1, i - 1 do known = known or list[j].primary == b.data end
          t:check(known and "RFC4103:4.2#2" or "RFC4103:4.2#1", false,
            ("redundant block %d is '%s'; what was sent %d packets before is '%s'")
            :format(k, b.data, n - k, from.primary), ev)
        elseif from then
          t:check("RFC4103:4.2#1", true)
          t:check("RFC2198:3#e1", b.offset == l.since(ev.timestamp, from.timestamp),
            ("the offset is %d; the timestamps differ by %d"):format(b.offset, l.since(ev.timestamp,
              from.timestamp)), ev)
        end
      end
      if i > 1 and list[i - 1].primary ~= "" and l.since(ev.timestamp, list[i - 1].timestamp) < 16384 then
        t:check("RFC4103:4.2#3", n > 1, "the block of the packet before is not repeated", ev)
      end
    end
  end
}

case {
  id = "rtp-sender-062",
  title = "timestamps in milliseconds, no two the same",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" },
  run = function(t)
    local l, list = write(t, { "a", "b", "c", "d" }, 0.7)
    if not l then return end
    for i = 2, #list do
      t:check("RFC4103:3.5#2", list[i].timestamp ~= list[i - 1].timestamp, "two packets with one timestamp", list[i])
    end
    local first, last = list[1], list[#list]
    local ran, took = l.since(last.timestamp, first.timestamp) / 1000, (last.time_us - first.time_us) / 1e6
    t:check("RFC4103:3.5#1", math.abs(ran - took) <= 0.1 * took + 0.5 * t.scale,
      ("at 1000 Hz timestamps ran %.3f s in %.3f s"):format(ran, took), last)
  end
}

case {
  id = "rtp-sender-063",
  title = "a marker bit on the first packet, and on the first after an idle period; on no other",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" }, tags = { "slow" },
  run = function(t)
    local l, list, _, take = write(t, { "a", "b", "c" }, 0.4)
    if not l then return end
    local before = #list
    take(5)
    t:check("RFC4103:3.5#4", list[1].marker, "no marker bit on the first packet of the session", list[1])
    for i = 2, before do
      if list[i].time_us - list[i - 1].time_us < 1000000 then
        t:check("RFC4103:3.5#5", not list[i].marker, "a marker bit within running text", list[i])
      end
    end
    before = #list
    t:ask("text", { text = "x" })
    take(2)
    local first = list[before + 1]
    if not first then return t:inconc("RFC4103:3.5#4", "no text came after an idle period") end
    t:check("RFC4103:3.5#4", first.marker, "no marker bit on the first packet after an idle period", first)
    for i = before + 2, #list do
      t:check("RFC4103:3.5#5", not list[i].marker, "a marker bit behind the first packet after an idle period", list[i])
    end
  end
}

case {
  id = "rtp-sender-064",
  title = "when no more text is there, an empty block is sent, with the redundancy of what was before",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" },
  run = function(t)
    local l, list = write(t, { "over" }, 1)
    if not l then return end
    local empty
    for _, ev in ipairs(list) do empty = empty or ev.primary == "" and ev or nil end
    t:check("RFC4103:5.2#1", empty ~= nil, "no empty block after the text", list[#list])
    local seen = 0
    for _, ev in ipairs(list) do
      for k = 1, (ev.blocks and #ev.blocks or 1) - 1 do
        if ev.blocks[k].data == "over" then seen = seen + 1 end
      end
    end
    t:check("RFC4103:4#2", seen >= 2, ("the text was repeated %d times"):format(seen), list[#list])
  end
}

case {
  id = "rtp-sender-065",
  title = "text is buffered for half a second at most, and nothing is sent more often than it is written",
  role = "rtp-sender", type = "T", needs = { "udp", "ask", "text" },
  run = function(t)
    local l = lib(t)
    local a = l.sender(t, { text_only = true })
    if not a then return end
    local at, came = {}, {}
    local function take(s)
      for _, ev in ipairs(l.collect(t, a, s).packets) do
        local n = ev.blocks and #ev.blocks or 0
        for c in (n > 0 and ev.blocks[n].data or ev.message.payload):gmatch(".") do came[c] = came[c] or ev end
      end
    end
    local text = "abcdefghijklmnop"
    for c in text:gmatch(".") do
      at[c] = t:now()
      if t:ask("text", { text = c }).kind ~= "success" then return t:inconc("RFC4103:5.1#1", "it cannot send text") end
      take(0.1)
    end
    take(2)
    for c in text:gmatch(".") do
      if not came[c] then return t:inconc("RFC4103:5.1#1", "'" .. c .. "' did not come") end
      local took = came[c].time_us / 1e6 - at[c]
      t:check("RFC4103:5.1#5", took <= 0.5 + 0.1 * t.scale, ("'%s' came %.3f s after it was written"):format(c,
        took), came[c])
    end
  end
}

case {
  id = "rtp-sender-066",
  title = "characters are not split",
  role = "rtp-sender", type = "V", needs = { "udp", "ask", "text" },
  run = function(t)
    local text = ("\xe2\x82\xac\xc3\xa9\xf0\x9f\x98\x80"):rep(40)
    local l, list = write(t, { text, "\xe2\x82\xac" }, 0.5)
    if not l then return end
    local all = {}
    for i, ev in ipairs(list) do
      all[i] = ev.primary
      t:check("RFC4103:3.3#1", utf8.len(ev.primary) ~= nil, "a T140block is not whole characters of UTF-8", ev)
    end
    t:check("RFC4103:3.2#q2", table.concat(all) == text .. "\xe2\x82\xac", "the text is not what was written", list[1])
  end
}
