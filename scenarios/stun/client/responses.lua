-- What a STUN client makes of responses: RFC 8489 sections 6.3, 6.3.3, 6.3.4, 7.

case {
  id = "stun-client-004",
  title = "a success response with an unknown comprehension-required attribute fails the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local list = { { type = "XOR-MAPPED-ADDRESS", address = r.from }, { type = 0x7ffe, value = "?" } }
    lib.reply(s, r, list)
    t:expect(asked:wait(120), {
      { kind = "failed", clause = "RFC8489:6.3.3#a1" },
      { kind = "error", clause = "RFC8489:6.3.3#a1", note = "an error is reported" },
      { kind = "timeout", clause = "RFC8489:6.3.3#a1", verdict = "inconc", note = "its word for any failure?" },
    }, "attribute 0x7ffe in a success response")
  end
}

case {
  id = "stun-client-019",
  title = "what a client need not know in a success response, it ignores",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local function one(clause, what, list)
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      lib.reply(s, r, list(r))
      t:expect(asked:wait(58), { { success = true, clause = clause } }, what)
      s:pending()
    end
    local function mapped(r, reserved)
      return { type = "XOR-MAPPED-ADDRESS", address = r.from, reserved = reserved }
    end
    one("RFC8489:6.3#1", "an unknown comprehension-optional attribute",
      function(r) return { { type = 0xbffe, value = "\1\2\3" }, mapped(r) } end)
    one("RFC8489:6.3#2", "UNKNOWN-ATTRIBUTES in a success response",
      function(r) return { mapped(r), { type = "UNKNOWN-ATTRIBUTES", types = { 0x7ffd } } } end)
    one("RFC8489:14.14#a2", "SOFTWARE in the response",
      function(r) return { { type = "SOFTWARE", value = "a server" }, mapped(r) } end)
    one("RFC8489:14.2#a7", "XOR-MAPPED-ADDRESS whose first octet is not zero",
      function(r) return { mapped(r, 0xa5) } end)
    one("RFC8489:14.1#3b", "MAPPED-ADDRESS whose first octet is not zero",
      function(r) return { { type = "MAPPED-ADDRESS", address = r.from, reserved = 0x5a }, mapped(r) } end)
  end
}

case {
  id = "stun-client-020",
  title = "of several mapped addresses the first counts",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local other = t.family == "ip4" and "192.0.2.99:9" or "[2001:db8::99]:9"
    local function addr(a) return { type = "XOR-MAPPED-ADDRESS", address = a } end
    lib.reply(s, r, { addr(r.from), addr(other) })
    local said = asked:wait(60)
    t:expect(said, { { success = true, clause = "RFC8489:6.3.3#a2" } }, "two XOR-MAPPED-ADDRESS attributes")
    local host = other:match("^%[?(.-)%]?:%d+$")
    local told = said.mapped or (said.output or ""):find(host, 1, true) and other
    if told then
      t:check("RFC8489:14.2#a8", told ~= other, "the IUT tells the second of two mapped addresses", r)
      t:check("RFC8489:14#6a", told ~= other, "of two attributes of a type not the first counts", r)
    end
  end
}

case {
  id = "stun-client-021",
  title = "a success response without a mapped address of use is no success",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local function one(clause, what, list)
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      lib.reply(s, r, list)
      local said = asked:wait(58)
      if said.kind == "hung" or said.kind == "died" then t:inconc(clause, said.why, r)
      else t:check(clause, said.kind ~= "success", what .. " is taken for a success", r) end
      s:pending()
    end
    one("RFC8489:6.3.3#a3", "a response without XOR-MAPPED-ADDRESS", { { type = "SOFTWARE", value = "none" } })
    local odd = { raw = "\0\x20\0\8\0\3\x11\x22\x33\x44\x55\x66" }
    one("RFC8489:6.3.3#a4", "XOR-MAPPED-ADDRESS of address family 3", { odd })
    one("RFC8489:6.3.3#1", "an address of family 3", { odd, { type = "SOFTWARE", value = "odd" } })
  end
}

case {
  id = "stun-client-022",
  title = "an error response with an unknown comprehension-required attribute ends all: no challenge is followed",
  role = "stun-client",
  type = "X",
  needs = { "ask", "auth-long" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t, { auth = "long" })
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local list = lib.challenge(t, { nonce = "f00d" })
    list[#list + 1] = { type = 0x7ffe, value = "?" }
    lib.refuse(s, r, 401, list)
    t:never(s, 2, lib.not_of(r.message.transaction), "RFC8489:6.3.4#a1",
      "a 401 with the unknown attribute 0x7ffe was followed")
    lib.fails(t, s, asked, "RFC8489:6.3.4#a1", "attribute 0x7ffe in an error response")
  end
}

case {
  id = "stun-client-023",
  title = "an error response without ERROR-CODE fails the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r, { { type = "SOFTWARE", value = "codeless" } }, { class = "error" })
    lib.fails(t, s, asked, "RFC8489:6.3.4#a2", "an error response without ERROR-CODE")
  end
}

case {
  id = "stun-client-024",
  title = "300 fails the transaction where ALTERNATE-SERVER is not in use",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.refuse(s, r, 300)
    lib.fails(t, s, asked, "RFC8489:6.3.4#1", "300 without ALTERNATE-SERVER")
  end
}

case {
  id = "stun-client-025",
  title = "error codes from 400 to 499 fail the transaction, known or not",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    for i, code in ipairs { 420, 499 } do
      local s = lib.server(t, { name = "server" .. i })
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      lib.refuse(s, r, code, { code == 420 and { type = "UNKNOWN-ATTRIBUTES", types = { 0x8022 } } or nil })
      lib.fails(t, s, asked, "RFC8489:6.3.4#a4", tostring(code))
    end
  end
}

case {
  id = "stun-client-026",
  title = "after 400 the same request is not sent again",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    local body = r.octets:sub(21)
    lib.refuse(s, r, 400)
    asked:wait(60)
    t:never(s, 3, function(ev) return lib.not_of(r.message.transaction)(ev) and ev.octets:sub(21) == body end,
      "RFC8489:14.8#8", "the request was sent again as it was")
  end
}

case {
  id = "stun-client-027",
  title = "after error codes from 500 to 599 a request is sent again four times at most",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local n, last = 0, t:now()
    while t:now() - last < 5 and n < 100 and not (asked.value and n > 0 and t:now() - last > 1) do
      local r = s:receive { timeout = 0.5 / t.scale, where = lib.is_request }
      if r.message then
        n, last = n + 1, t:now()
        lib.refuse(s, r, 500 + n % 2 * 99)
      end
    end
    if n == 0 then
      t:inconc("RFC8489:6.1#a1", "the IUT was asked for a Binding and sent no request")
      return
    end
    t:check("RFC8489:6.3.4#2b", n < 100, "the request was sent 100 times, each time refused by 500 or 599")
    t:check("RFC8489:6.3.4#3", n <= 5, "the request was sent again " .. n - 1 .. " times")
  end
}

case {
  id = "stun-client-028",
  title = "an error code outside 300 to 599 fails the transaction",
  role = "stun-client",
  type = "X",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.refuse(s, r, 699)
    lib.fails(t, s, asked, "RFC8489:6.3.4#a6", "error code 699")
  end
}

case {
  id = "stun-client-029",
  title = "the reserved bits of ERROR-CODE say nothing",
  role = "stun-client",
  type = "V",
  needs = { "ask" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r, { { type = "ERROR-CODE", code = 420, reason = "", reserved = 0x1fffff },
      { type = "UNKNOWN-ATTRIBUTES", types = { 0x8022 } } }, { class = "error" })
    lib.fails(t, s, asked, "RFC8489:14.8#3", "420 with reserved bits set")
  end
}

case {
  id = "stun-client-030",
  title = "what is no response of the form that section 5 asks for is dropped, the right one after it is taken",
  role = "stun-client",
  type = "X",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local function one(clause, what, head)
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      local octets = head(r.message.transaction) .. "\0\9\0\4\0\0\4\20" -- ERROR-CODE 420
      s:reply { id = r.id, octets = octets }
      lib.reply(s, r, nil, { after_us = 50000 })
      t:expect(asked:wait(60), { { success = true, clause = clause } }, what)
      s:pending()
    end
    local function head(type, length, cookie)
      return function(id) return string.pack(">I2I2I4", type, length, cookie) .. id end
    end
    one("RFC8489:6.3#a1", "an error response whose first bit is one", head(0x8111, 8, 0x2112a442))
    one("RFC8489:6.3#a2", "an error response with another magic cookie", head(0x0111, 8, 0x2112a443))
    one("RFC8489:6.3#a3", "an error response that is longer than its length says", head(0x0111, 4, 0x2112a442))
    one("RFC8489:6.3#a4", "an error response of method 0x0fe", head(0x03fe, 8, 0x2112a442))
  end
}

case {
  id = "stun-client-031",
  title = "a second response to a transaction that is over changes nothing",
  role = "stun-client",
  type = "I",
  needs = { "ask", "udp" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local asked = lib.ask(t, s.addr)
    local r = lib.request(t, s)
    if not r then return end
    lib.reply(s, r)
    t:expect(asked:wait(60), { { success = true, clause = "RFC8489:6.3.3#a2" } }, "a valid success response")
    s:pending()
    lib.refuse(s, r, 500)
    t:never(s, 2, lib.is_request, "RFC8489:6.3#a6", "a request followed on a second response")
  end
}

case {
  id = "stun-client-032",
  title = "where FINGERPRINT is in use every request has it, and a response without it or with a wrong one is dropped",
  role = "stun-client",
  type = "X",
  needs = { "ask", "udp", "fingerprint" },
  run = function(t)
    local lib = t:lib("stun").client
    local s = lib.server(t)
    local function one(clause, what, list)
      local asked = lib.ask(t, s.addr)
      local r = lib.request(t, s)
      if not r then return end
      t:check("RFC8489:7#a2", r:attribute("FINGERPRINT") ~= nil, "the request has no FINGERPRINT", r)
      s:reply { id = r.id, class = "error", attributes = list }
      local good = { { type = "XOR-MAPPED-ADDRESS", address = r.from }, "FINGERPRINT" }
      s:reply { id = r.id, attributes = good, after_us = 50000 }
      t:expect(asked:wait(60), { { success = true, clause = clause } }, what)
      s:pending()
    end
    local code = { type = "ERROR-CODE", code = 420, reason = "" }
    one("RFC8489:7#a3", "an error response without FINGERPRINT", { code })
    one("RFC8489:7#a4", "an error response with a wrong FINGERPRINT", { code, { type = "FINGERPRINT", value = 1 } })
  end
}
