-- Binding, and what must not be answered: RFC 8489 sections 5, 6.3 and 14.

local function port_of(address) return tonumber((address or ""):match(":(%d+)$")) end

case {
  id = "stun-server-001",
  title = "a Binding request gets a success response with the address that it came from",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    t:check("RFC8489:6.3.1.1#a2", r.message.method == "binding", "the method is " .. tostring(r.message.method), r)
    local mapped = r:attribute("XOR-MAPPED-ADDRESS")
    t:check("RFC8489:6.3.1.1#a6", mapped ~= nil, "no XOR-MAPPED-ADDRESS", r)
    if not mapped or not mapped.address then return end
    if not t:lib("stun").direct(t) then
      t:log("seen from the server this client is " .. mapped.address)
      return
    end
    t:check("RFC8489:14.2#a3", port_of(mapped.address) == port_of(r["local"]),
      "the port in it is " .. tostring(port_of(mapped.address)), r)
    t:check(t:lib("stun").source(t), mapped.address == r["local"], mapped.address .. " is not " .. r["local"], r)
  end
}

case {
  id = "stun-server-002",
  title = "a response has the header of its request: cookie, transaction id, class, length",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "rtclab-id-02"
    local r = c:exchange { class = "request", transaction = id }
    local m = r.message
    if not m then
      t:expect(r, { { kind = "success", clause = "RFC8489:12#1" } })
      return
    end
    t:check("RFC8489:5#3", m.cookie == 0x2112a442, "the magic cookie is not 0x2112a442", r)
    t:check("RFC8489:6.3.1.1#a3", m.class == "success" or m.class == "error", "the class is " .. tostring(m.class), r)
    t:check("RFC8489:6.3.1.1#a2", m.method == "binding", "the method is " .. tostring(m.method), r)
    t:check("RFC8489:5#6", (m.transaction or ""):sub(-12) == id, "the transaction id is another", r)
    t:check("RFC8489:5#7", m.length == #r.octets - 20,
      "the length says " .. tostring(m.length) .. ", " .. (#r.octets - 20) .. " octets follow the header", r)
  end
}

case {
  id = "stun-server-003",
  title = "unknown comprehension-required attributes are refused with 420 and named",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "unknown-attr"
    local r = c:exchange { class = "request", transaction = id,
      attributes = { { type = 0x7ffe, value = "x" }, { type = 0x7ffd, value = "" } } }
    if r:refused(t) then return end
    if r.kind == "success" then
      t:check("RFC8489:6.3.1#a1", false, "the request was served as if the attributes were not there", r)
      return
    end
    t:check("RFC8489:6.3.1#a1", r.kind == "error", "no error response but " .. tostring(r.kind), r)
    if r.kind ~= "error" then return end
    t:check("RFC8489:6.3.1.1#1", r:attribute("ERROR-CODE") ~= nil, "no ERROR-CODE", r)
    t:check("RFC8489:5#6", (r.message.transaction or ""):sub(-12) == id, "the transaction id is another", r)
    if not r.code or not t:expect(r, { { error = 420, clause = "RFC8489:6.3.1#a2" } }) then return end
    if not t:check("RFC8489:6.3.1.1#3", r:attribute("UNKNOWN-ATTRIBUTES") ~= nil, "no UNKNOWN-ATTRIBUTES", r) then
      return
    end
    t:check("RFC8489:6.3.1#a3", r:lists("UNKNOWN-ATTRIBUTES", 0x7ffe) and r:lists("UNKNOWN-ATTRIBUTES", 0x7ffd),
      "not both of 0x7ffe and 0x7ffd are named", r)
    local other = r:lists_other("UNKNOWN-ATTRIBUTES", { 0x7ffe, 0x7ffd })
    t:check("RFC8489:14.13#a3", other == nil, "it names " .. tostring(other) .. ", which the request did not hold", r)
    t:sanity(c, "RFC8489:6.3.1#a4")
  end
}

case {
  id = "stun-server-004",
  title = "unknown comprehension-optional attributes are ignored, one or a hundred of them",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { { type = 0xfffe, value = "xyz" } } }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:6.3#1" } }, "an optional attribute that nobody knows")
    local many = {}
    for i = 1, 100 do many[i] = { type = 0xc000 + i, value = ("o"):rep(i % 3) } end
    r = c:request { class = "request", attributes = many }
    t:expect(r, { { success = true, clause = "RFC8489:6.3#1" } }, "a hundred optional attributes that nobody knows")
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
    c:send { class = "indication", attributes = { { type = 0x7ffe, value = "" } } }
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
    for top = 1, 3 do c:send { class = "request", top = top } end
    t:silence(c, "RFC8489:6.3#a1", "a message whose first two bits are not zero")
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
    for _, length in ipairs { 4, 0xfffc, 2 } do c:send { class = "request", length = length } end
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
  title = "a request without magic cookie is served as RFC 5389 section 12 says, or not answered",
  role = "stun-server",
  type = "X",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "classic-16-octet"
    c:send { class = "request", transaction = id }
    local r = c:receive { timeout = 1, where = function(ev) return ev.message ~= nil end }
    t:allow(c)
    local m = r.message
    if not m then
      t:check("RFC8489:6.3#a2", true)
    else
      t:check("RFC8489:5#6", (m.transaction or ""):sub(-12) == id:sub(-12), "the transaction id is another", r)
      t:check("RFC8489:6.3#a2", (m.class == "success" or m.class == "error") and m.cookie ~= 0x2112a442,
        "it was neither discarded nor taken as of RFC 3489", r)
      t:check("RFC5389:12.2#1a", m.transaction == id, "what stood for the cookie was not copied", r)
      if m.class == "success" then
        local a = r:attribute("MAPPED-ADDRESS")
        t:check("RFC5389:12.2#1b", a ~= nil and r:attribute("XOR-MAPPED-ADDRESS") == nil,
          "not MAPPED-ADDRESS alone", r)
        if a and a.address and t:lib("stun").direct(t) then
          t:check("RFC8489:6.3.1.1#a7", a.address == r["local"], a.address .. " is not " .. r["local"], r)
        end
      end
    end
    t:sanity(c, "RFC8489:6.3#a2")
  end
}

case {
  id = "stun-server-011",
  title = "a request on a stream is served wherever its segments end, and the connection stays",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    c.stream = true
    local r = c:exchange { class = "request", transaction = "one-octet-at", split = 1,
      attributes = { { type = "SOFTWARE", value = "rtclab" } } }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:6.2.2#a2" } }, "a request in segments of one octet")
    if r.kind ~= "success" then return end
    local again = c:request { class = "request", flow = r.flow }
    t:expect(again, { { success = true, clause = "RFC8489:6.2.2#6" } }, "a second request on the connection")
  end
}

case {
  id = "stun-server-012",
  title = "several requests in one segment of a stream are all served, a half one when it is whole",
  role = "stun-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local function bare(id) return "\0\1\0\0\x21\x12\xa4\x42" .. id end
    local three = bare("pipelined-3.")
    local sent = c:send { octets = bare("pipelined-1.") .. bare("pipelined-2.") .. three:sub(1, 7) }
    local seen, closed = {}, nil
    local function take()
      local r = c:receive { timeout = 5 }
      if r.message then seen[r.message.transaction] = r:refused(t) and "success" or r.message.class end
      if r.kind == "closed" then closed = r end
      return r
    end
    take()
    if not closed then take() end
    if closed then
      t:check("RFC8489:6.2.2#7", false, "the connection was closed while responses were due", closed)
      return
    end
    t:check("RFC8489:6.3.1#a4", seen["pipelined-1."] == "success" and seen["pipelined-2."] == "success",
      "two requests in one segment did not both get a success response")
    c:send { octets = three:sub(8), flow = sent.flow }
    take()
    if closed then -- why it did, nobody can say: nothing of 6.2.2#a2 was seen
      t:check("RFC8489:6.2.2#6", false, "the server closed the connection", closed)
      return
    end
    t:check("RFC8489:6.2.2#a2", seen["pipelined-3."] == "success",
      "a request whose header came in two segments was not served")
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
    local r = c:exchange { class = "request", transaction = "where-from-1" }
    if not r.message then
      t:expect(r, { { kind = "success", clause = "RFC8489:12#1" } })
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
    local function ask() return c:request { class = "request", transaction = "same-request" } end
    local a = ask()
    if a:refused(t) or not t:expect(a, { { success = true, clause = "RFC8489:12#1" } }) then return end
    local b = ask()
    if not t:expect(b, { { success = true, clause = "RFC8489:6.3.1#1" } }, "the request repeated") then return end
    local x, y = a:attribute("XOR-MAPPED-ADDRESS"), b:attribute("XOR-MAPPED-ADDRESS")
    t:check("RFC8489:6.3.1#1", x ~= nil and y ~= nil and x.address == y.address, "the two answers differ", b)
    if x and t:lib("stun").direct(t) then
      t:check("RFC8489:6.3.1.1#a7", x.address == a["local"], "the address is not that of the client", a)
    end
  end
}

case {
  id = "stun-server-015",
  title = "three clients at once, one of them later, each learn their own address",
  role = "stun-server",
  type = "V",
  run = function(t)
    local lib = t:lib("stun")
    local a, b = t:actor("client", "stun"), t:actor("client", "stun")
    local limit = math.floor(5e6 * t.scale)
    local first = a:start("request", { class = "request", timeout_us = limit })
    local late = t:spawn(function()
      local c = t:actor("client", "stun")
      return c:request { class = "request" }
    end)
    local second = b:start("request", { class = "request", timeout_us = limit })
    local all = t:all({ first, second }, 6)
    all[3] = t:join(late, 10)
    local told = {}
    for i = 1, 3 do
      local r = all[i]
      if r and r.refused and r:refused(t) then return end
      if t:expect(r, { { success = true, clause = "RFC8489:12#1" } }, "client " .. i) then
        local mapped = r:attribute("XOR-MAPPED-ADDRESS")
        local address = mapped and mapped.address
        if lib.direct(t) then
          t:check(lib.source(t), address == r["local"], "client " .. i .. " was told another address", r)
        else
          t:check(lib.source(t), address and not told[address], "two clients were told the same address", r)
        end
        if address then told[address] = true end
      end
    end
  end
}

case {
  id = "stun-server-016",
  title = "a FINGERPRINT is not needed; a right one is accepted, a wrong one ignored or a reason for silence",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { "FINGERPRINT" } }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a request with FINGERPRINT")
    local id = "wrong-finger"
    c:send { class = "request", transaction = id, attributes = { { type = "FINGERPRINT", value = 0x01020304 } } }
    r = c:request { class = "request" } -- and so the wait for an answer to the wrong one is fenced
    t:expect(r, { { success = true, clause = "RFC8489:12#6b" } }, "a request without FINGERPRINT")
    local got = c:receive { timeout = 0.2,
      where = function(ev) return ev.message ~= nil and ev.message.transaction == id end }
    t:check("RFC8489:6.3#a7", got.kind == "timeout" or got.message.class == "success",
      "a wrong FINGERPRINT was answered by an error response", got)
    t:allow(c)
  end
}

case {
  id = "stun-server-017",
  title = "padding of any value is taken, and malformed attributes leave the server serving",
  role = "stun-server",
  type = "X",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { { type = "SOFTWARE", value = "x", padding = "\1\2\3" } } }
    if r:refused(t) then return end
    t:expect(r, { { success = true, clause = "RFC8489:14#4b" } }, "padding that is not zero")
    t:allow(c) -- what these get is not judged, as long as the server goes on
    c:send { class = "request", attributes = { { type = "USERNAME", length = 0xffff, value = "u" } } }
    c:send { class = "request", attributes = { { raw = "\x80\x22\0" } } }
    c:send { class = "request", attributes = { { type = "XOR-MAPPED-ADDRESS", value = "\0\3\0\0" } } }
    c:send { class = "request",
      attributes = { { type = "ERROR-CODE", value = "" }, { type = "MESSAGE-INTEGRITY", value = "short" } } }
    local alive = c:request { class = "request" }
    t:expect(alive, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a valid request after malformed ones")
  end
}

case {
  id = "stun-server-018",
  title = "known attributes where they do not belong are ignored, and one request gets one answer",
  role = "stun-server",
  type = "I",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "out-of-place"
    c:send { class = "request", transaction = id, attributes = {
      { type = "XOR-MAPPED-ADDRESS", address = "192.0.2.1:9" },
      { type = "SOFTWARE", value = "one" }, { type = "SOFTWARE", value = "two" } } }
    local mine = function(ev) return ev.message ~= nil and ev.message.transaction == id end
    local r = c:receive { timeout = 5, where = mine }
    if r.message and r.message.class == "success" then
      local a = r:attribute("XOR-MAPPED-ADDRESS")
      t:check("RFC8489:6.3#2", a ~= nil and a.address ~= "192.0.2.1:9", "the address is the one in the request", r)
    else
      if r.message then r.kind = r.message.class end
      if r:refused(t) then return end
      t:expect(r, { { success = true, clause = "RFC8489:6.3#2" } }, "attributes that a request has no use for")
    end
    t:sanity(c, "RFC8489:6.3#2") -- a second answer would have come before this one's
    local again = c:receive { timeout = 0.1, where = mine }
    t:check("RFC8489:16.1.2#a1", again.kind == "timeout", "one request was answered twice", again)
  end
}
