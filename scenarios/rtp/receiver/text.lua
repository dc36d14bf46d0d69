-- Text conversation at a receiver: RFC 4103 over RFC 2198. What its user has read is asked for.

local function lib(t) return t:lib("rtp") end

local function told(t, clause)
  local r = t:ask("report")
  if not r.text then t:inconc(clause, "it does not say which text came", r) end
  return r.text
end

local mark = "\xef\xbf\xbd"

-- Without the two dots that every text here begins with: a receiver that validates a source first may drop them
-- (RFC3550:A.1#1).
local function behind(d)
  local n
  repeat d, n = d:gsub("^%.", ""):gsub("^" .. mark, "") until n == 0
  return (d:gsub("^%.+", ""))
end

-- Send pieces of text, without those in `lost`; what the user reads in the end.
local function read(t, clause, list, lost)
  local l = lib(t)
  local a = l.receiver(t, { text_only = true, timestamp = 50000 })
  if not a then return end
  local all, gone = { ".", "." }, {}
  for i, text in ipairs(list) do all[i + 2], gone[i + 2] = text, lost and lost[i] end
  local took = l.write(a, all, gone)
  t:pass(took + 2) -- what is missing is waited for, a second at most: RFC4103:5.4#3
  local d = told(t, clause)
  return d and behind(d)
end

case {
  id = "rtp-receiver-090",
  title = "text in redundant packets is read once, in order",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local d = read(t, "RFC4103:4.2#q1", { "Hel", "lo ", "wor", "ld", "", "" })
    if d then t:check("RFC4103:4.2#q1", d == "Hello world", "'Hello world' is read as '" .. d .. "'") end
  end
}

-- Check what was read against the pieces: those in `lost` may be there, from redundancy (which may be used: section
-- 4.2), or each is marked as missing.
local function judge(t, clause, list, lost, d)
  local whole, marked = table.concat(list), {}
  for i, text in ipairs(list) do marked[i] = lost[i] and mark or text end
  t:check(clause, d == whole or d == table.concat(marked),
    ("'%s' is read as '%s'"):format(whole, d))
end

case {
  id = "rtp-receiver-091",
  title = "two packets in a row are lost: their text is taken from the next, or marked as missing",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local list, lost = { "one ", "two ", "three ", "four ", "five ", "six" }, { [4] = true, [5] = true }
    local d = read(t, "RFC4103:5.3#3", list, lost)
    if d then judge(t, "RFC4103:5.3#3", list, lost, d) end
  end
}

case {
  id = "rtp-receiver-092",
  title = "four packets in a row are lost: what is missing is marked, what follows is read",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local d = read(t, "RFC4103:5.3#3", { "a", "b", "c", "d", "e", "f", "g", "h", "i" },
      { [4] = true, [5] = true, [6] = true, [7] = true })
    if not d then return end
    t:check("RFC4103:5.3#3", d:find(mark, 1, true) ~= nil, "text is missing, and nothing marks it: '" .. d .. "'")
    local rest = d:gsub(mark, "")
    t:check("RFC4103:4.2#q1", rest == "abcfghi" or rest == "abchi", "what is left is read as '" .. d .. "'")
  end
}

case {
  id = "rtp-receiver-093",
  title = "characters of several octets, one packet lost",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local list, lost = { "\xc3\xa9t\xc3\xa9 ", "\xe2\x82\xac5 ", "\xf0\x9f\x98\x80", "\xc3\xa0 ", "" }, { [4] = true }
    local d = read(t, "RFC4103:5.3#3", list, lost)
    if d then judge(t, "RFC4103:5.3#3", list, lost, d) end
  end
}

case {
  id = "rtp-receiver-094",
  title = "after an idle period text goes on, with nothing between",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" }, tags = { "slow" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t, { text_only = true, timestamp = 50000 })
    if not a then return end
    t:pass(l.write(a, { ".", ".", "be", "fore ", "", "", "" }))
    t:pass(3)
    a.timestamp = a.timestamp + 3000
    t:pass(l.write(a, { "af", "ter", "" }) + 2)
    local d = told(t, "RFC4103:4.2#q1")
    d = d and behind(d)
    if d then t:check("RFC4103:4.2#q1", d == "before after", "'before after' is read as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-095",
  title = "text without redundancy",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t, { text_only = true, timestamp = 50000 })
    if not a then return end
    for i, s in ipairs { ".", ".", "plain ", "te", "xt" } do
      a:send { payload_type = 98, marker = i == 1, sequence = 1000 + i, timestamp = 50000 + i * 300, payload = s,
        delay_us = i * 300000 }
    end
    t:pass(4)
    local d = told(t, "RFC4103:3.2#q1")
    d = d and behind(d)
    if d then t:check("RFC4103:3.2#q1", d == "plain text", "'plain text' is read as '" .. d .. "'") end
  end
}

case {
  id = "rtp-receiver-096",
  title = "packets out of order and repeated: text is read once, in order",
  role = "rtp-receiver", type = "V", needs = { "udp", "ask", "report", "text" },
  run = function(t)
    local l = lib(t)
    local a = l.receiver(t, { text_only = true, timestamp = 50000 })
    if not a then return end
    local function put(i, at_ms, text, ...)
      a:send { payload_type = 100, marker = i == 1, sequence = 1000 + i, timestamp = 50000 + i * 300, ssrc = a.ssrc,
        payload = l.red({ ... }, text), delay_us = at_ms * 1000 }
    end
    put(1, 0, ".")
    put(2, 300, ".", { 300, "." })
    put(3, 600, "a", { 600, "." }, { 300, "." })
    put(4, 900, "b", { 600, "." }, { 300, "a" })
    put(4, 910, "b", { 600, "." }, { 300, "a" })
    put(6, 1200, "d", { 600, "b" }, { 300, "c" })
    put(5, 1250, "c", { 600, "a" }, { 300, "b" })
    put(7, 1800, "e", { 600, "c" }, { 300, "d" })
    t:pass(4)
    local d = told(t, "RFC4103:4.2#q1")
    if d then judge(t, "RFC4103:4.2#q1", { "a", "b", "c", "d", "e" }, { [3] = true }, behind(d)) end
  end
}
