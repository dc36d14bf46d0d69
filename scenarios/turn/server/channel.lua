-- Channels: which number may be bound to which peer, and for how long. RFC 8656 sections 12 and 12.2.

local function lib(t) return t:lib("turn") end

-- ChannelBind is answered by success, and ChannelData of the number reach the peer after it.
local function binds(t, k, p, number, address, clause, what)
  if not lib(t).permitted(t, k:bind(number, address), clause, what) then return false end
  return lib(t).channel_reaches(t, k, p, number, "RFC8656:12.2#a9", what .. ", and ChannelData")
end

-- Both ways by the channel.
local function bound(t, k, p, number, what)
  lib(t).channel_reaches(t, k, p, number, "RFC8656:12.2#a9", what .. ", to the peer")
  lib(t).comes_by(t, k, p, number, "RFC8656:12.5#1", what .. ", from the peer")
end

local function refused(t, r, clause, what) return t:expect(r, { { error = 400, clause = clause } }, what) end

case {
  id = "turn-server-131",
  title = "ChannelBind is answered by success, and data go by ChannelData both ways",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    bound(t, k, p, 0x4000, "on a channel that is bound")
    k:leave()
  end
}

case {
  id = "turn-server-132",
  title = "the first and the last channel number may be bound",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local flow, second = p:open()
    binds(t, k, p, 0x4000, p.addr, "RFC8656:12.2#a3", "ChannelBind for 0x4000")
    if binds(t, k, p, 0x4fff, second, "RFC8656:12.2#a3", "ChannelBind for 0x4fff") then
      lib(t).comes_by(t, k, p, 0x4fff, "RFC8656:12.5#1", "from the peer of channel 0x4fff", flow)
    end
    k:leave()
  end
}

local function modern(t)
  for _, word in ipairs(t.profile.supports or {}) do
    if word == "turn-modern" then return true end
  end
  return false
end

case {
  id = "turn-server-133",
  title = "what is no channel number cannot be bound",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local numbers = { 0x0000, 0x3fff, 0x7fff, 0x8000, 0xffff }
    -- RFC 5766 has channels up to 0x7ffe: RFC8656:12#a14
    if modern(t) then numbers[#numbers + 1] = 0x5000 end
    for _, number in ipairs(numbers) do
      local _, address = p:open() -- one that no other number is bound to
      refused(t, k:bind(number, address), "RFC8656:12.2#a3", ("ChannelBind for %#06x"):format(number))
    end
    k:leave()
  end
}

case {
  id = "turn-server-134",
  title = "a ChannelBind request without CHANNEL-NUMBER is a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local r = k:request("channel-bind", { lib(t).to(p.addr) })
    refused(t, r, "RFC8656:12.2#a1", "ChannelBind without CHANNEL-NUMBER")
    k:leave()
  end
}

case {
  id = "turn-server-135",
  title = "a ChannelBind request without XOR-PEER-ADDRESS is a bad request",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local r = k:request("channel-bind", { { type = "CHANNEL-NUMBER", value = 0x4000 } })
    refused(t, r, "RFC8656:12.2#a2", "ChannelBind without XOR-PEER-ADDRESS")
    k:leave()
  end
}

case {
  id = "turn-server-136",
  title = "a channel number cannot be bound to a second peer, and stays with its first",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    local _, second = p:open()
    refused(t, k:bind(0x4000, second), "RFC8656:12.2#a4", "ChannelBind for another peer")
    local words = lib(t).words("channel")
    k:channel(0x4000, words)
    local ev = p:receive(2, function(ev) return ev.octets == words end)
    t:check("RFC8656:12.2#a4", ev.octets and ev["local"] == p.addr,
      "after ChannelBind for another peer ChannelData do not come to the first", ev)
    k:leave()
  end
}

case {
  id = "turn-server-137",
  title = "a peer cannot be bound to a second channel number, and stays with its first",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    refused(t, k:bind(0x4001, p.addr), "RFC8656:12.2#a5", "ChannelBind for another number")
    bound(t, k, p, 0x4000, "after ChannelBind for another number")
    k:leave()
  end
}

case {
  id = "turn-server-138",
  title = "two ports of an IP address are two peers, each with its channel",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    local flow, second = p:open()
    if binds(t, k, p, 0x4001, second, "RFC8656:12.2#a5", "ChannelBind for another port of a peer") then
      lib(t).comes_by(t, k, p, 0x4001, "RFC8656:12.5#1", "from the second port", flow)
    end
    bound(t, k, p, 0x4000, "with the first port")
    k:leave()
  end
}

case {
  id = "turn-server-139",
  title = "ChannelBind for what is bound already is answered by success",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    binds(t, k, p, 0x4000, p.addr, "RFC8656:12.2#a7", "ChannelBind once more")
    k:leave()
  end
}

case {
  id = "turn-server-140",
  title = "a channel number may be bound in two allocations, to a peer in each",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    local other = k and lib(t).with_allocation(t)
    if not other then return end
    local q = lib(t).peer(t)
    binds(t, other, q, 0x4000, q.addr, "RFC8656:12#a7", "ChannelBind in a second allocation")
    bound(t, k, p, 0x4000, "in the first allocation")
    bound(t, other, q, 0x4000, "in the second allocation")
    other:leave()
    k:leave()
  end
}

---------------------------------------------------------------- timers

-- Let the time pass until `till`; allocation and permission are kept, the channel is not. each: what is done beside,
-- each `step` seconds.
local function keep(t, k, p, till, step, each)
  while till - t:now() > 0.001 do
    k:refresh(600)
    k:permit(p.addr)
    if each then each() end
    t:pass(math.min(step or 200, till - t:now()))
  end
end

-- The channel is no channel any more, though its peer has a permission.
local function unbound(t, k, p, number, clause, what)
  lib(t).comes_by(t, k, p, nil, clause, what .. ", from the peer")
  k:channel(number, lib(t).words("channel"))
  lib(t).peer_silent(t, k, p, clause, what .. ", ChannelData reach the peer")
end

case {
  id = "turn-server-141",
  title = "a channel stays bound for 600 seconds",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    local since = t:now()
    keep(t, k, p, since + 599)
    lib(t).channel_reaches(t, k, p, 0x4000, "RFC8656:12#a9", "ChannelData 599 s after ChannelBind")
    lib(t).comes_by(t, k, p, 0x4000, "RFC8656:12#a9", "599 s after ChannelBind, from the peer")
    keep(t, k, p, since + 610)
    unbound(t, k, p, 0x4000, "RFC8656:12#a9", "610 s after ChannelBind")
    unbound(t, k, p, 0x4000, "RFC8656:12#a11", "the binding has expired")
    k:leave()
  end
}

case {
  id = "turn-server-142",
  title = "ChannelBind sets a channel back to 600 seconds",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    local since = t:now()
    keep(t, k, p, since + 500)
    local r = k:bind(0x4000, p.addr)
    if not lib(t).permitted(t, r, "RFC8656:12.2#a7", "ChannelBind once more") then return end
    keep(t, k, p, since + 1050)
    local what = "550 s after the second ChannelBind"
    lib(t).channel_reaches(t, k, p, 0x4000, "RFC8656:12#a10", "ChannelData " .. what)
    lib(t).comes_by(t, k, p, 0x4000, "RFC8656:12#a10", what .. ", from the peer")
    k:leave()
  end
}

case {
  id = "turn-server-143",
  title = "ChannelData does not refresh the channel",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    keep(t, k, p, t:now() + 610, 30, function() k:channel(0x4000, lib(t).words("channel")) end)
    p:pending()
    unbound(t, k, p, 0x4000, "RFC8656:12.6#2a", "610 s after ChannelBind, with ChannelData all the time")
    k:leave()
  end
}

case {
  id = "turn-server-144",
  title = "a number and a peer whose channel has expired may be bound to others",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    local flow, second = p:open()
    keep(t, k, p, t:now() + 910) -- five minutes more, as clients have to wait: RFC8656:12#3
    local clause = "RFC8656:12#a12"
    if binds(t, k, p, 0x4000, second, clause, "ChannelBind of a number that is free again to another peer") then
      lib(t).comes_by(t, k, p, 0x4000, "RFC8656:12.5#1", "from the other peer", flow)
    end
    if binds(t, k, p, 0x4001, p.addr, clause, "ChannelBind of a peer that is free again to another number") then
      lib(t).comes_by(t, k, p, 0x4001, "RFC8656:12.5#1", "from the first peer")
    end
    k:leave()
  end
}

case {
  id = "turn-server-145",
  title = "CreatePermission does not refresh the channel",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    keep(t, k, p, t:now() + 610, 100)
    unbound(t, k, p, 0x4000, "RFC8656:12#a9", "610 s after ChannelBind, with CreatePermission all the time")
    k:leave()
  end
}

case {
  id = "turn-server-146",
  title = "a channel lets nothing of its peer through once the permission has expired",
  role = "turn-server",
  type = "T",
  needs = { "accounts", "virtual-time", "udp" },
  run = function(t)
    local k, p = lib(t).with_channel(t, 0x4000)
    if not k then return end
    t:pass(310)
    p:send(k.relayed, lib(t).words("peer"))
    lib(t).client_silent(t, k, "RFC8656:9#a6", "310 s after ChannelBind a datagram of the peer came to the client")
    local words = lib(t).words("channel")
    k:channel(0x4000, words)
    local ev = p:receive(2, function(ev) return ev.octets == words end)
    -- RFC8656:12.6 asks for no permission, and does not say that there need be none
    t:log("ChannelData to a peer without permission are " .. (ev.octets and "relayed" or "dropped"))
    if lib(t).permitted(t, k:permit(p.addr)) then
      bound(t, k, p, 0x4000, "the channel after CreatePermission")
    end
    k:leave()
  end
}

---------------------------------------------------------------- attributes, and peers that nobody may have

case {
  id = "turn-server-147",
  title = "reserved bits of CHANNEL-NUMBER do not count",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local r = k:request("channel-bind",
      { { type = "CHANNEL-NUMBER", value = 0x4000, reserved = 0xffff }, lib(t).to(p.addr) })
    if lib(t).permitted(t, r, "RFC8656:18.1#1b", "ChannelBind with reserved bits set") then
      bound(t, k, p, 0x4000, "on a channel that was bound with reserved bits set")
    end
    k:leave()
  end
}

case {
  id = "turn-server-157",
  title = "a channel to an address that the server forbids is refused with 403",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "turn-denied" },
  run = function(t)
    local k = lib(t).with_allocation(t)
    if not k then return end
    local denied = t.profile.turn.denied
    local r = k:bind(0x4000, denied .. ":9")
    t:expect(r, { { error = 403, clause = "RFC8656:12.2#2b" } }, "ChannelBind for " .. denied)
    t:check("RFC8656:19#a1", r.code == 403, "ChannelBind for " .. denied .. ": no 403", r)
    k:leave()
  end
}

case {
  id = "turn-server-158",
  title = "a peer with a Teredo or 6to4 address cannot be bound",
  role = "turn-server",
  type = "X",
  needs = { "accounts", "turn-ip6" },
  run = function(t)
    local k = lib(t).client(t)
    local answer = k:allocate { { type = "REQUESTED-ADDRESS-FAMILY", value = 2 } }
    if answer.code == 440 then t:skip("the server has no relayed address of IPv6 (440)") end
    if not lib(t).allocated(t, answer) then return end
    for i, address in ipairs { "[2002:102:304::1]:9", "[2001::1]:9" } do
      local r = k:bind(0x4000 + i, address)
      if r.kind == "success" or r.kind == "error" then -- no code is named
        t:check("RFC8656:21.4#2b", r.kind == "error", "ChannelBind for " .. address .. " is answered by success", r)
      else
        t:inconc("RFC8656:21.4#2b", "ChannelBind for " .. address .. " is not answered", r)
      end
    end
    k:leave()
  end
}

case {
  id = "turn-server-159",
  title = "a CHANNEL-NUMBER that is too short for a number is none",
  role = "turn-server",
  type = "X",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local function ask(value)
      local _, address = p:open()
      return k:request("channel-bind", { { type = "CHANNEL-NUMBER", value = value }, lib(t).to(address) })
    end
    for _, value in ipairs { "", "\x40" } do
      local r, what = ask(value), "ChannelBind with a CHANNEL-NUMBER of length " .. #value
      if r.kind == "timeout" or r.kind == "closed" then -- the code is said for one that is missing alone
        t:inconc("RFC8656:12.2#a1", what .. " is dropped", r)
        return
      end
      refused(t, r, "RFC8656:12.2#a1", what)
    end
    -- the number is in there, though it should have four octets: what a server does then is said nowhere
    for _, value in ipairs { "\x40\2", "\x40\3\0\0\0\0\0\0" } do
      t:log("ChannelBind with a CHANNEL-NUMBER of length " .. #value .. ": " .. ask(value).kind)
    end
    k:leave()
  end
}
