-- ChannelData messages: how they are laid out, what is relayed, what is dropped. RFC 8656 sections 12.4 to 12.7.

local function lib(t) return t:lib("turn") end

local CHANNEL = 0x4000

-- A datagram for the peer: the first octet, then so many in all; what comes is told by the first.
local function octets(mark, length) return (mark .. ("0123456789"):rep(length // 10 + 1)):sub(1, length) end
local function begins(mark) return function(ev) return ev.octets:sub(1, 1) == mark end end

-- Neither a datagram at the peer nor an answer to the client: RFC8656:12.6 discards in silence.
local function dropped(t, k, p, clause, what)
  lib(t).peer_silent(t, k, p, clause, what .. ": a datagram came to the peer")
  lib(t).client_silent(t, k, clause, what .. ": it was answered")
end

case {
  id = "turn-server-148",
  title = "ChannelData are relayed octet for octet, from the relayed address to the peer of the channel",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    for i, length in ipairs { 1, 2, 3, 4, 1200 } do
      local mark = string.char(0x60 + i)
      local data, what = octets(mark, length), "ChannelData of " .. length .. " octets"
      k:channel(CHANNEL, data)
      local ev = p:receive(2, begins(mark))
      local other = not ev.octets and p:pending()[1]
      if other then
        t:check("RFC8656:12.6#a8", false, what .. ": other octets came to the peer", other)
      elseif t:check("RFC8656:12.6#a7", ev.octets, what .. ": nothing came to the peer", ev) then
        t:check("RFC8656:12.6#a8", ev.octets == data, what .. ": " .. #ev.octets .. " octets came, or others", ev)
        t:check("RFC8656:12.6#a6", ev.from == k.relayed,
          what .. ": it came from " .. tostring(ev.from) .. ", not from " .. k.relayed, ev)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-149",
  title = "ChannelData of length 0 become an empty datagram",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    k:channel(CHANNEL, "")
    lib(t).reaches(t, k, p, "RFC8656:12.6#a4", "", "ChannelData of length 0")
    k:leave()
  end
}

case {
  id = "turn-server-150",
  title = "padding of ChannelData in a datagram is not relayed",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("this is about datagrams") end
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    k:octets(string.pack(">I2I2", CHANNEL, 3) .. "pad\0")
    lib(t).reaches(t, k, p, "RFC8656:12.6#a8", "pad", "ChannelData of 3 octets and one of padding")
    k:leave()
  end
}

case {
  id = "turn-server-151",
  title = "ChannelData that say to be longer than their datagram are dropped in silence",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("this is about datagrams") end
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    k:channel(CHANNEL, "abc", 9)
    dropped(t, k, p, "RFC8656:12.6#a2", "ChannelData of length 9 with 3 octets")
    lib(t).channel_reaches(t, k, p, CHANNEL, "RFC8656:12.6#a7", "ChannelData after that")
    k:leave()
  end
}

case {
  id = "turn-server-152",
  title = "ChannelData of a number that is not bound are dropped in silence",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    k:channel(0x4005, lib(t).words("channel"))
    dropped(t, k, p, "RFC8656:12.6#a3", "ChannelData of 0x4005, which is not bound")
    lib(t).channel_reaches(t, k, p, CHANNEL, "RFC8656:12.6#a7", "ChannelData after that")
    k:leave()
  end
}

case {
  id = "turn-server-153",
  title = "datagrams whose first octets are no channel number's are dropped in silence",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    if t.stream then t:skip("on a stream nothing says where such a message ends") end
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    for _, number in ipairs { 0x5000, 0x7fff, 0x8000, 0xffff } do
      k:channel(number, lib(t).words("channel"))
      dropped(t, k, p, "RFC8656:12.6#a1", ("a datagram that begins with %#x"):format(number))
    end
    lib(t).channel_reaches(t, k, p, CHANNEL, "RFC8656:12.6#a7", "ChannelData after that")
    k:leave()
  end
}

---------------------------------------------------------------- to the client

-- A message of the channel, checked in its parts. On a stream the client waits for the padding: where none comes, the
-- message stays in its window until the next one follows.
local function laid_out(t, k, p, data)
  local what, n = "ChannelData about " .. #data .. " octets", #data
  local function is_it(ev) return lib(t).carried(ev).octets ~= nil and begins(data:sub(1, 1))(lib(t).carried(ev)) end
  p:send(k.relayed, data)
  local got, late = k:receive(2, is_it), false
  if not got.via and t.stream then
    p:send(k.relayed, "next")
    got, late = k:receive(2, is_it), true
  end
  if not t:check("RFC8656:12.5#1", got.via == "channel", what .. ": none came", got.event) then return false end
  t:check("RFC8656:12.4#a1", got.channel == CHANNEL and got.length == n and got.octets == data,
    ("%s: channel %#x, length %d, or other octets"):format(what, got.channel, got.length), got.event)
  if not t.stream then return true end -- there padding is free: RFC8656:12.5#3
  return t:check("RFC8656:12.5#2", not late and #got.padding == -got.length % 4, what .. ": it is not padded",
    got.event)
end

case {
  id = "turn-server-154",
  title = "ChannelData to the client have the length of the datagram, and on a stream padding that it does not count",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    for i, length in ipairs { 4, 1, 2, 3, 500 } do -- first what needs no padding
      if not laid_out(t, k, p, octets(string.char(0x60 + i), length)) then return end
    end
    k:leave()
  end
}

case {
  id = "turn-server-155",
  title = "an empty datagram of a peer with a channel becomes ChannelData of length 0",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    p:send(k.relayed, "")
    local got = k:receive(2)
    if t:check("RFC8656:12.4#a2", got.via, "an empty datagram: nothing came", got.event) then
      t:check("RFC8656:12.5#1", got.via == "channel", "an empty datagram: a Data indication came", got.event)
      t:check("RFC8656:12.4#a2", got.octets == "", "an empty datagram: not of length 0", got.event)
    end
    k:leave()
  end
}

case {
  id = "turn-server-156",
  title = "what a port without channel sends comes by Data indications, though another port of the peer has one",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, CHANNEL)
    if not k then return end
    local flow, second = p:open()
    local got = lib(t).comes_by(t, k, p, nil, "RFC8656:11.3#a3", "from a port without channel", flow)
    t:check("RFC8656:11.3#a5", got.via ~= "indication" or got.peer == second,
      "XOR-PEER-ADDRESS is " .. tostring(got.peer) .. ", not " .. second, got.event)
    lib(t).comes_by(t, k, p, CHANNEL, "RFC8656:12.5#1", "from the port with the channel")
    k:leave()
  end
}

case {
  id = "turn-server-160",
  title = "ChannelData that follow ChannelBind at once are relayed or dropped, and do no harm",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local args = k:form("channel-bind", { { type = "CHANNEL-NUMBER", value = CHANNEL }, lib(t).to(p.addr) })
    if not args then return end
    args.timeout_us = math.floor(5e6 * t.scale)
    local asked, early = k.c:start("request", args), lib(t).words("early")
    k:channel(CHANNEL, early)
    local r = asked:wait()
    if r.code == 438 then r = k:bind(CHANNEL, p.addr) end
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind for a peer") then return end
    lib(t).client_silent(t, k, "RFC8656:12.6#a3", "ChannelData before the ChannelBind response were answered")
    t:log("ChannelData before the ChannelBind response are " .. (p:pending()[1] and "relayed" or "dropped"))
    lib(t).channel_reaches(t, k, p, CHANNEL, "RFC8656:12.2#a9", "ChannelData after the ChannelBind response")
    k:leave()
  end
}
