-- How a STUN client finds its server from a URI: RFC 8489 section 8.1, with RFC 2782. Names resolve from the
-- case's zone, in the simulator.

-- A server on a port, of a family where that matters.
local function server(t, lib, name, port, family)
  local ip6 = (family or t.family) == "ip6"
  return lib.server(t, { name = name, listen = (ip6 and "[::]:" or "0.0.0.0:") .. port })
end

local function ip(s) return (s.addr:gsub(":%d+$", "")) end

local function contact(t, uri) return t:ask_start("binding", { uri = uri }) end

-- A request comes to `s`, within the time: it is answered, and that is what the IUT was to do.
local function comes(t, lib, s, asked, clause, what, seconds)
  local r = s:receive { timeout = seconds or 5, where = lib.is_request }
  if not t:check(clause, r.message ~= nil, what, r) then return nil end
  lib.reply(s, r)
  if asked then t:expect(asked:wait(60), { { success = true, clause = clause } }, what) end
  return r
end

case {
  id = "stun-client-057",
  title = "an IP address in a stun URI is contacted as it is",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = contact(t, "stun:" .. s.addr)
    comes(t, lib, s, asked, "RFC8489:8.1#a1", "no request came to the address in the URI")
  end
}

case {
  id = "stun-client-058",
  title = "a name is looked up as a service, by what STUN runs over",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local udp, tcp = server(t, lib, "udp", 4001), server(t, lib, "tcp", 4002)
    t:zone {
      ["example.test"] = { "192.0.2.1:0" },
      ["a.example.test"] = { ip(udp) .. ":0" },
      ["b.example.test"] = { ip(tcp) .. ":0" },
      ["_stun._udp.example.test"] = { { port = 4001, target = "a.example.test" } },
      ["_stun._tcp.example.test"] = { { port = 4002, target = "b.example.test" } },
    }
    local asked = contact(t, "stun:example.test")
    local right, wrong = udp, tcp
    if t.transport ~= "udp" then right, wrong = tcp, udp end
    comes(t, lib, right, asked, "RFC8489:8.1#a2", "no request came to the server in the SRV record")
    t:never(wrong, 0.5, lib.is_request, "RFC8489:8.1#a2", "a request came to the server for the other transport")
  end
}

case {
  id = "stun-client-059",
  title = "a name without SRV record is looked up as a host, and contacted at the default port",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local right = server(t, lib, "right", 3478)
    t:zone { ["example.test"] = { ip(right) .. ":0" } }
    local asked = contact(t, "stun:example.test")
    local r = right:receive { timeout = 5, where = lib.is_request }
    if r.message then
      t:check("RFC8489:8.1#a6", true)
      t:check("RFC8489:8.1#a7", true)
      t:check("RFC8489:8.1#a3", true)
      lib.reply(right, r)
      asked:wait(60)
      return
    end
    -- it came to the host, on another port: a request that nobody takes is refused there, and told
    local said = asked:wait(60)
    local elsewhere = said.kind == "icmp" or said.kind == "closed"
    t:check(elsewhere and "RFC8489:8.1#a7" or "RFC8489:8.1#a6", false,
      "no request came to the default port of the host: " .. tostring(said.why or said.kind))
  end
}

case {
  id = "stun-client-060",
  title = "a given port is the one that is contacted",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = server(t, lib, "given", 4003)
    t:zone { ["example.test"] = { ip(s) .. ":0" } }
    local asked = contact(t, "stun:example.test:4003")
    comes(t, lib, s, asked, "RFC8489:8.1#a6", "no request came to the port in the URI")
  end
}

case {
  id = "stun-client-061",
  title = "servers are tried in the order of their priorities, the next one after a timeout",
  role = "stun-client",
  type = "T",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local first, last = server(t, lib, "first", 4001), server(t, lib, "last", 4002)
    local records = {
      { priority = 20, weight = 9, port = 4002, target = "last.example.test" },
      { priority = 10, weight = 0, port = 4001, target = "first.example.test" },
    }
    t:zone {
      ["first.example.test"] = { ip(first) .. ":0" },
      ["last.example.test"] = { ip(last) .. ":0" },
      ["_stun._udp.example.test"] = records,
      ["_stun._tcp.example.test"] = records,
    }
    local asked = contact(t, "stun:example.test")
    local r = first:receive { timeout = 10, where = lib.is_request }
    if not t:check("RFC8489:8.1#a9", r.message ~= nil, "the first server is not the one of the lowest priority") then
      return
    end
    comes(t, lib, last, asked, "RFC8489:8.1#2", "after a timeout no request came to the next server", 700)
  end
}

case {
  id = "stun-client-062",
  title = "IPv4 and IPv6 addresses are both looked up",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    for _, family in ipairs { "ip4", "ip6" } do
      local s = server(t, lib, family, 3478, family)
      t:zone { [family .. ".test"] = { ip(s) .. ":0" } }
      comes(t, lib, s, contact(t, "stun:" .. family .. ".test"), "RFC8489:8.1#3a",
        "no request came to a host with an " .. family .. " address alone")
    end
  end
}

case {
  id = "stun-client-063",
  title = "all addresses of a name are tried",
  role = "stun-client",
  type = "T",
  needs = { "ask", "uri", "zone", "udp", "tcp" },
  tags = { "slow" },
  run = function(t)
    local lib = t:lib("stun").client
    local silent, other = server(t, lib, "silent", 3478, "ip4"), server(t, lib, "other", 3478, "ip6")
    t:zone { ["example.test"] = { ip(silent) .. ":0", ip(other) .. ":0" } }
    local asked = contact(t, "stun:example.test")
    local who = t:spawn(function() return silent:receive { timeout = 700, where = lib.is_request } end)
    comes(t, lib, other, asked, "RFC8489:8.1#3b", "no request came to the second address of a name", 700)
    if not who.done then t:log("the address that is silent was not tried") end
  end
}

case {
  id = "stun-client-064",
  title = "a stuns URI with an IP address is rejected",
  role = "stun-client",
  type = "X",
  needs = { "ask", "uri", "zone", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = server(t, lib, "tls", 5349)
    local asked = contact(t, "stuns:" .. ip(s))
    t:never(s, 2, function(ev) return ev.event == "accepted" or lib.is_request(ev) end, "RFC8489:8.1#1",
      "the address in a stuns URI was contacted")
    local said = asked:wait(10)
    t:check("RFC8489:8.1#1", said.kind ~= "success" and said.kind ~= "hung", "the IUT says '" .. said.kind .. "'")
  end
}

case {
  id = "stun-client-065",
  title = "stuns stands for TLS: the service of that name, and nothing in clear",
  role = "stun-client",
  type = "V",
  needs = { "ask", "uri", "zone", "tcp" },
  run = function(t)
    local lib = t:lib("stun").client
    local function came(ev) return ev.event == "accepted" or lib.is_request(ev) end
    local tls, clear = server(t, lib, "tls", 4004), server(t, lib, "clear", 4005)
    local default = server(t, lib, "default", 5349)
    t:zone {
      ["a.example.test"] = { ip(tls) .. ":0" },
      ["b.example.test"] = { ip(clear) .. ":0" },
      ["plain.test"] = { ip(default) .. ":0" },
      ["_stuns._tcp.example.test"] = { { port = 4004, target = "a.example.test" } },
      ["_stun._tcp.example.test"] = { { port = 4005, target = "b.example.test" } },
    }
    contact(t, "stuns:example.test")
    local r = tls:receive { timeout = 5, where = came }
    t:check("RFC8489:8.1#a2", r.event == "accepted", "nothing came to the server in the SRV record of stuns")
    t:never(tls, 0.5, lib.is_request, "RFC8489:8#a1", "a request came in clear")
    t:never(clear, 0.5, came, "RFC8489:8.1#a2", "the server for stun was contacted")
    contact(t, "stuns:plain.test")
    r = default:receive { timeout = 5, where = came }
    t:check("RFC8489:8.1#a4", r.event == "accepted", "nothing came to the default port of stuns")
    t:never(default, 0.5, lib.is_request, "RFC8489:8#a1", "a request came in clear")
  end
}
