-- A stand-alone server, where answers go, and transactions: RFC 8489 sections 6.3.1 and 12.

case {
  id = "stun-server-030",
  title = "UDP and TCP are both served",
  role = "stun-server",
  type = "V",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:12#4a" } }, "a request over UDP")
    local tcp = false
    for _, transport in ipairs(t.profile.transports or {}) do tcp = tcp or transport == "tcp" end
    if not tcp then return end -- that it is no basic server is known
    r = c:request { class = "request", transport = "tcp" }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:12#4b" } }, "a request over TCP")
  end
}

case {
  id = "stun-server-031",
  title = "Binding asks for no credentials and sends nobody elsewhere",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r.kind ~= "success" and r.kind ~= "error" then
      t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "a Binding request")
      return
    end
    t:check("RFC8489:12#2", r.code ~= 401 and r.code ~= 438, "Binding asks for credentials", r)
    t:check("RFC8489:12#3", r.code ~= 300, "Binding is redirected", r)
    if r.code == 401 or r.code == 300 then return end
    t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "a Binding request")
  end
}

case {
  id = "stun-server-032",
  title = "a client of RFC 3489 is served: without magic cookie, by MAPPED-ADDRESS",
  role = "stun-server",
  type = "V",
  needs = { "udp", "classic" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:exchange { class = "request", transaction = "sixteen octets.." }
    if r.kind == "error" then r:refused(t) return end
    if not t:expect(r, { { success = true, clause = "RFC8489:12#7" } }, "a classic request") then return end
    local a = r:attribute("MAPPED-ADDRESS")
    t:check("RFC5389:12.2#1b", a ~= nil, "no MAPPED-ADDRESS", r)
    local value = t:lib("stun").raw(r.octets, 0x0001)
    if value and t:lib("stun").direct(t) then
      local port = tonumber(r["local"]:match(":(%d+)$"))
      t:check("RFC8489:14.1#a5", a ~= nil and a.address == r["local"],
        tostring(a and a.address) .. " is not " .. r["local"], r)
      t:check("RFC8489:14.1#a2", #value >= 4 and string.unpack(">I2", value, 3) == port,
        "in network byte order the port is not " .. port, r)
    end
    for _, at in ipairs { "SOFTWARE", "FINGERPRINT" } do
      if r:attribute(at) then t:log("the answer to a classic client carries " .. at) end
    end
    t:sanity(c, "RFC8489:12#7")
  end
}

case {
  id = "stun-server-036",
  title = "each of two clients that take turns gets the answers to its own requests",
  role = "stun-server",
  type = "V",
  needs = { "udp" },
  run = function(t)
    local a, b = t:actor("client", "stun"), t:actor("client", "stun")
    local own = { {}, {} }
    for turn = 1, 3 do
      for n, c in ipairs { a, b } do
        local r = c:request { class = "request", timeout_us = math.floor(2e6 * t.scale) }
        if r:refused(t) then return end
        t:expect(r, { { success = true, clause = "RFC8489:6.3.1.2#a2" } }, "turn " .. turn .. " of client " .. n)
        if r.message then own[n][r.message.transaction] = true end
      end
    end
    t:allow(a)
    t:allow(b)
    for n, c in ipairs { a, b } do
      for _, ev in ipairs(c:pending()) do -- an answer to a repeated request may be among them
        t:check("RFC8489:6.3.1.2#a2", not ev.message or own[n][ev.message.transaction],
          "client " .. n .. " got an answer that is not its own", ev)
      end
    end
  end
}

case {
  id = "stun-server-037",
  title = "a request that is repeated for 40 seconds gets the same answer every time",
  role = "stun-server",
  type = "T",
  needs = { "udp" },
  tags = { "slow" },
  run = function(t)
    local c = t:actor("client", "stun")
    local first
    for _, seconds in ipairs { 0, 0.5, 1, 2, 4, 8, 16, 7.5 } do -- the schedule of 6.2.1, and up to 39 s
      if seconds > 0 then t:pass(seconds) end
      local r = c:request { class = "request", transaction = "forty-second" }
      if r:refused(t) then return end
      if not t:expect(r, { { success = true, clause = "RFC8489:6.3.1#1" } }, "the request again") then return end
      local a = r:attribute("XOR-MAPPED-ADDRESS")
      if not t:check("RFC8489:6.3.1.1#a6", a ~= nil, "no XOR-MAPPED-ADDRESS", r) then return end
      first = first or a
      if a.address ~= first.address and not t:lib("stun").direct(t) then -- RFC8489:6.3.1#a9
        t:inconc("RFC8489:6.3.1#1", "another mapped address: what stands in between may have changed it", r)
      else
        t:check("RFC8489:6.3.1#1", a.address == first.address, "an answer that says something else", r)
      end
    end
  end
}

case {
  id = "stun-server-038",
  title = "requests with the same transaction id from two clients are two transactions",
  role = "stun-server",
  type = "V",
  run = function(t)
    local a, b = t:actor("client", "stun"), t:actor("client", "stun")
    local x = a:request { class = "request", transaction = "the-same-id." }
    if x:refused(t) or not t:expect(x, { { success = true, clause = "RFC8489:12#1" } }) then return end
    local y = b:request { class = "request", transaction = "the-same-id." }
    if not t:expect(y, { { success = true, clause = "RFC8489:12#1" } }, "the second client") then return end
    local p, q = x:attribute("XOR-MAPPED-ADDRESS"), y:attribute("XOR-MAPPED-ADDRESS")
    if p and q and p.address then
      local clause = t.transport == "udp" and "RFC8489:6.3.1.1#a7" or "RFC8489:6.3.1.1#a8"
      t:check(clause, p.address ~= q.address, "the second client got the address of the first", y)
    end
  end
}
