-- Allocate: what a success response has, and who gets none. RFC 8656 sections 6 and 7.2.

local function lib(t) return t:lib("turn") end

case {
  id = "turn-server-001",
  title = "an authenticated Allocate request succeeds, with the three attributes that tell what was allocated",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k = lib(t).client(t)
    local r = k:allocate()
    if not lib(t).allocated(t, r) then return end
    for _, name in ipairs { "XOR-RELAYED-ADDRESS", "LIFETIME", "XOR-MAPPED-ADDRESS" } do
      t:check("RFC8656:7.2#a28", r:attribute(name) ~= nil, "no " .. name, r)
    end
    k:leave()
  end
}

case {
  id = "turn-server-003",
  title = "what goes to a peer leaves from the relayed address, and what the peer sends there comes to the client",
  role = "turn-server",
  type = "V",
  needs = { "accounts" },
  run = function(t)
    local k, p = lib(t).with_permission(t)
    if not k then return end
    local words = lib(t).words()
    k:send(p.addr, words)
    local ev = p:receive()
    if not t:check("RFC8656:11.2#a8", ev.octets == words, "the datagram does not come to the peer", ev) then return end
    t:check("RFC8656:11.2#a8", ev.from == k.relayed,
      "it came from " .. tostring(ev.from) .. ", not from the relayed address " .. k.relayed, ev)
    words = lib(t).words("back")
    p:send(k.relayed, words)
    lib(t).comes_back(t, k, "RFC8656:11.3#a3", words, "a datagram sent to XOR-RELAYED-ADDRESS")
    k:leave()
  end
}
