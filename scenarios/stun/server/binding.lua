-- Binding, and what must not be answered: RFC 8489 sections 5, 6.3 and 14.

case {
  id = "stun-server-001",
  title = "a Binding request gets a success response with the address that it came from",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    local m = r.message
    t:check("RFC8489:6.3.1.1#a2", m.method == "binding", "the method is " .. tostring(m.method), r)
    local mapped = r:attribute("XOR-MAPPED-ADDRESS")
    t:check("RFC8489:6.3.1.1#a6", mapped ~= nil, "no XOR-MAPPED-ADDRESS", r)
    if not mapped or not mapped.address then return end
    local port = tonumber(mapped.address:match(":(%d+)$"))
    local own = tonumber(r["local"]:match(":(%d+)$"))
    t:check("RFC8489:14.2#a3", port == own, "the port in it is " .. tostring(port) .. ", not " .. tostring(own), r)
    local source = t.transport == "udp" and "RFC8489:6.3.1.1#a7" or "RFC8489:6.3.1.1#a8"
    t:check(source, mapped.address == r["local"], mapped.address .. " is not " .. r["local"], r)
  end
}

case {
  id = "stun-server-002",
  title = "a success response has the header of its request: cookie, transaction id, class, length",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "rtclab-id-02"
    c:send { class = "request", method = "binding", transaction = id }
    local r = c:receive { timeout = 5 }
    if r.kind == "timeout" then
      t:expect(r, { { kind = "message", clause = "RFC8489:12#1" } })
      return
    end
    local m = r.message
    if not t:check("RFC8489:6.3.1.1#a1", m ~= nil, "what came is no STUN message", r) then return end
    t:check("RFC8489:5#3", m.cookie == 0x2112a442, "the magic cookie is not 0x2112a442", r)
    t:check("RFC8489:6.3.1.1#a3", m.class == "success" or m.class == "error",
      "the class is " .. tostring(m.class), r)
    t:check("RFC8489:6.3.1.1#a2", m.method == "binding", "the method is " .. tostring(m.method), r)
    t:check("RFC8489:5#6", (m.transaction or ""):sub(-12) == id, "the transaction id is another", r)
    t:check("RFC8489:5#7", m.length == #r.octets - 20,
      "the length says " .. tostring(m.length) .. ", " .. (#r.octets - 20) .. " octets follow the header", r)
  end
}

case {
  id = "stun-server-003",
  title = "an unknown comprehension-required attribute is refused with 420 and named",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "unknown-attr"
    local r = c:exchange { class = "request", transaction = id,
      attributes = { { type = 0x7ffe, value = "x" }, { type = 0x7ffd, value = "" } } }
    if r.kind == "success" then
      t:check("RFC8489:6.3.1#a1", false, "the request was served as if the attribute were not there", r)
      return
    end
    t:check("RFC8489:6.3.1#a1", r.kind == "error", "no error response but " .. tostring(r.kind), r)
    if r.kind ~= "error" then return end
    t:check("RFC8489:6.3.1.1#1", r:attribute("ERROR-CODE") ~= nil, "no ERROR-CODE", r)
    t:check("RFC8489:5#6", (r.message.transaction or ""):sub(-12) == id, "the transaction id is another", r)
    if not r.code then return end
    if not t:expect(r, { { error = 420, clause = "RFC8489:6.3.1#a2" } }) then return end
    if not t:check("RFC8489:6.3.1.1#3", r:attribute("UNKNOWN-ATTRIBUTES") ~= nil, "no UNKNOWN-ATTRIBUTES", r) then
      return
    end
    t:check("RFC8489:6.3.1#a3", r:lists("UNKNOWN-ATTRIBUTES", 0x7ffe) and r:lists("UNKNOWN-ATTRIBUTES", 0x7ffd),
      "not both of 0x7ffe and 0x7ffd are named", r)
    t:check("RFC8489:14.13#a3", r:listed("UNKNOWN-ATTRIBUTES") == 2,
      "types that were not in the request are named", r)
    t:sanity(c, "RFC8489:6.3.1#a4")
  end
}

case {
  id = "stun-server-004",
  title = "an unknown comprehension-optional attribute is ignored",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { { type = 0xfffe, value = "xyz" } } }
    t:expect(r, { { success = true, clause = "RFC8489:6.3#1" } }, "an optional attribute that nobody knows")
  end
}

case {
  id = "stun-server-005",
  title = "a Binding indication is not answered",
  role = "stun-server",
  type = "I",
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "indication" }
    t:silence(c, "RFC8489:6.3.2#a3", "a Binding indication")
  end
}

case {
  id = "stun-server-006",
  title = "a response that belongs to no transaction is not answered",
  role = "stun-server",
  type = "I",
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "success", attributes = { { type = "XOR-MAPPED-ADDRESS", address = "192.0.2.1:1" } } }
    c:send { class = "error", attributes = { { type = "ERROR-CODE", code = 500, reason = "no" } } }
    t:silence(c, "RFC8489:6.3#a6", "a response out of the blue")
  end
}

case {
  id = "stun-server-007",
  title = "a datagram whose first two bits are not zero is not answered",
  role = "stun-server",
  type = "X",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", top = 2 }
    c:send { class = "request", top = 3 }
    t:silence(c, "RFC8489:6.3#a1", "a message with its first bit set")
  end
}

case {
  id = "stun-server-008",
  title = "a datagram whose length field does not fit is not answered",
  role = "stun-server",
  type = "X",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", length = 4 }
    c:send { class = "request", length = 0xfffc }
    c:send { class = "request", length = 2 }
    t:silence(c, "RFC8489:6.3#a3", "a message with a lying length")
  end
}

case {
  id = "stun-server-009",
  title = "a request with a method that does not exist is not answered",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", method = 0xabc }
    t:silence(c, "RFC8489:6.3#a4", "a request with method 0xabc")
  end
}

case {
  id = "stun-server-010",
  title = "a request without magic cookie is served as RFC 3489 says, or not answered",
  role = "stun-server",
  type = "X",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "classic-16-octet"
    c:send { class = "request", transaction = id }
    local r = c:receive { timeout = 1, where = function(ev) return ev.event == "message" end }
    if r.kind == "timeout" then
      t:check("RFC8489:6.3#a2", true)
    else
      t:check("RFC8489:5#6", r.message and r.message.transaction == id, "the transaction id is another", r)
      local code = r.message and r.message.class == "error" and (r.code or 0)
      t:check("RFC8489:6.3#a2", r.message and (r.message.class == "success" or code), "it is no response", r)
    end
    t:sanity(c, "RFC8489:6.3#a2")
  end
}

case {
  id = "stun-server-011",
  title = "requests on a stream are served wherever the segments end",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", transaction = "one-octet-at", split = 1,
      attributes = { { type = "SOFTWARE", value = "rtclab" } } }
    local r = c:receive { timeout = 5 }
    t:check("RFC8489:6.2.2#a2", r.message and r.message.class == "success",
      "a request in segments of one octet got " .. tostring(r.kind), r)
    local r2 = c:request { class = "request" }
    t:expect(r2, { { success = true, clause = "RFC8489:6.2.2#6" } }, "a second request on the connection")
  end
}

case {
  id = "stun-server-012",
  title = "several requests in one segment of a stream are all served",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local one = "\0\1\0\0\x21\x12\xa4\x42pipeline-one"
    local two = "\0\1\0\0\x21\x12\xa4\x42pipeline-two"
    c:send { octets = one .. two }
    local seen = {}
    for _ = 1, 2 do
      local r = c:receive { timeout = 5 }
      if r.message then seen[r.message.transaction] = r.message.class end
    end
    t:check("RFC8489:6.3.1#a4", seen["pipeline-one"] == "success" and seen["pipeline-two"] == "success",
      "two requests in one segment did not both get a success response")
  end
}

case {
  id = "stun-server-013",
  title = "the answer leaves from the address and port that the request was sent to",
  role = "stun-server",
  type = "V",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", transaction = "where-from-1" }
    local r = c:receive { timeout = 2 }
    if r.kind == "timeout" then
      t:expect(r, { { kind = "message", clause = "RFC8489:12#1" } })
      return
    end
    t:check("RFC8489:6.3.1.2#a3", r.from == t.target, "it came from " .. tostring(r.from) .. ", not " .. t.target, r)
  end
}

case {
  id = "stun-server-014",
  title = "the same request again gets an answer that says the same",
  role = "stun-server",
  type = "V",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local function ask()
      return c:request { class = "request", transaction = "same-request" }
    end
    local a, b = ask(), ask()
    if not t:expect(a, { { success = true, clause = "RFC8489:12#1" } }) then return end
    if not t:expect(b, { { success = true, clause = "RFC8489:6.3.1#1" } }, "the request repeated") then return end
    local x, y = a:attribute("XOR-MAPPED-ADDRESS"), b:attribute("XOR-MAPPED-ADDRESS")
    t:check("RFC8489:6.3.1#1", x and y and x.address == y.address, "the two answers differ", b)
    t:check("RFC8489:6.3.1.1#a7", x and x.address == a["local"], "the address is not that of the client", a)
  end
}

case {
  id = "stun-server-015",
  title = "three clients at once, one of them later, each learn their own address",
  role = "stun-server",
  type = "V",
  run = function(t)
    local a, b = t:actor("client", "stun"), t:actor("client", "stun")
    local first = a:start("request", { class = "request", timeout_us = 5000000 })
    local late = t:spawn(function()
      local c = t:actor("client", "stun")
      return c:request { class = "request" }
    end)
    local second = b:start("request", { class = "request", timeout_us = 5000000 })
    local both = t:all({ first, second }, 5)
    both[3] = t:join(late, 10)
    local source = t.transport == "udp" and "RFC8489:6.3.1.1#a7" or "RFC8489:6.3.1.1#a8"
    for i = 1, 3 do
      local r = both[i]
      if t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "client " .. i) then
        local mapped = r:attribute("XOR-MAPPED-ADDRESS")
        t:check(source, mapped and mapped.address == r["local"], "client " .. i .. " was told another address", r)
      end
    end
  end
}

case {
  id = "stun-server-016",
  title = "a FINGERPRINT that is right is accepted, one that is wrong is not answered",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { "FINGERPRINT" } }
    t:expect(r, { { success = true, clause = "RFC8489:14.7#1" } }, "a request with FINGERPRINT")
    c:send { class = "request", attributes = { { type = "FINGERPRINT", value = 0x01020304 } } }
    -- only where the usage has FINGERPRINT is a wrong one a reason for silence: both are lawful
    local got = c:receive { timeout = 0.2 }
    t:check("RFC8489:12#6b", got.kind == "timeout" or (got.message and got.message.class == "success"),
      "a wrong FINGERPRINT was answered by something else than success", got)
    r = c:request { class = "request" }
    t:expect(r, { { success = true, clause = "RFC8489:12#6b" } }, "a request without FINGERPRINT")
  end
}

case {
  id = "stun-server-017",
  title = "padding of any value, long attributes and a hundred of them are taken",
  role = "stun-server",
  type = "R",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { { type = "SOFTWARE", value = "x", padding = "\1\2\3" } } }
    t:expect(r, { { success = true, clause = "RFC8489:14#4b" } }, "padding that is not zero")
    local many = {}
    for i = 1, 100 do many[i] = { type = 0xc000 + i, value = string.rep("o", i % 7) } end
    c:send { class = "request", attributes = many }
    c:send { class = "request", attributes = { { type = "USERNAME", length = 0xffff, value = "u" } } }
    c:send { class = "request", attributes = { { raw = "\x80\x22\0" } } }
    t:allow(c) -- what these get is not judged, as long as the server goes on
    local alive = c:request { class = "request" }
    t:expect(alive, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a valid request after malformed ones")
  end
}
