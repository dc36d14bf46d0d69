-- Clients behind a NAT, in the simulator: RFC 8656 sections 3.1, 5 and 7.2.

local function lib(t) return t:lib("turn") end

-- A client whose host stands behind a NAT, with an allocation; nil, with a check made, where none comes about.
local function behind(t, nat)
  local site = t:site(nat)
  local k = lib(t).client(t)
  site:put(k.c)
  local r = k:allocate()
  if not lib(t).allocated(t, r) then return nil end
  return k, site, r
end

case {
  id = "turn-server-280",
  title = "XOR-MAPPED-ADDRESS is the address outside the NAT, and data pass through it both ways",
  role = "turn-server",
  type = "V",
  needs = { "accounts", "virtual-time", "ip4" },
  run = function(t)
    local k, site, r = behind(t, { mapping = "address-and-port-dependent", filtering = "address-and-port-dependent" })
    if not k then return end
    local mapped = r:attribute("XOR-MAPPED-ADDRESS")
    t:check("RFC8656:7.2#a31", mapped and lib(t).ip(mapped.address) == lib(t).ip(site.outside),
      "it is " .. tostring(mapped and mapped.address), r)
    local p = lib(t).peer(t)
    if not lib(t).permitted(t, k:permit(p.addr)) then return end
    lib(t).relays(t, k, p, "RFC8656:11.2#a8", "a datagram of a client behind a NAT")
    k:leave()
  end
}

case {
  id = "turn-server-281",
  title = "after the NAT has given the client another port its requests are those of another 5-tuple",
  role = "turn-server",
  type = "I",
  needs = { "accounts", "virtual-time", "ip4", "udp" },
  run = function(t)
    local k, site = behind(t, { filtering = "address-and-port-dependent" })
    if not k then return end
    site:rebind()
    t:expect(k:refresh(), { { error = 437, clause = "RFC8656:5#6a" } }, "Refresh from another port of the NAT")
    local r = k:allocate()
    lib(t).allocated(t, r, "RFC8656:7.2#a1", "an Allocate request from there")
    k:leave()
  end
}
