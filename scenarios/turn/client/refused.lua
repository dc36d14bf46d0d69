-- What a client does when an Allocate request is refused: RFC 8656 section 7.4.

local function lib(t) return t:lib("turn") end

-- Nothing more comes of the refused request within the time; another request of the client is its own affair.
local function no_more(t, s, clause, seconds, what)
  local again = s:request("allocate", seconds)
  return t:check(clause, not again.message, what, again)
end

case {
  id = "turn-client-031",
  title = "a client that is redirected asks the other server first",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-redirected", "udp", "tcp" }, -- of certificates stun-client has the cases
  run = function(t)
    local s, other = lib(t).server(t), lib(t).server(t, { name = "other" })
    local r, asked = s:signed()
    if not r then return end
    s:refuse(r, 300, { { type = "ALTERNATE-SERVER", address = other.addr } })
    local there = other:request("allocate", 5)
    local here = s.a:pending()
    t:check("RFC8656:7.4#2", there.message ~= nil, "no Allocate request comes to the alternate server", here[1])
    if not there.message then return end
    if not there:attribute("NONCE") then
      other:challenge(there)
      there = other:request("allocate", 5)
    end
    if there.message then other:grant(there) end
    asked:wait(60)
  end
}

for _, v in ipairs {
  { id = "turn-client-032", code = 400, clause = "RFC8656:7.4#3b", what = "a bad request" },
  { id = "turn-client-041", code = 403, clause = "RFC8656:7.4#6b", what = "a forbidden one" },
  { id = "turn-client-042", code = 441, clause = "RFC8656:7.4#12b", what = "one with the wrong credentials" },
  { id = "turn-client-043", code = 442, clause = "RFC8656:7.4#13b", what = "one for a protocol that is not supported" },
} do
  case {
    id = v.id,
    title = "an Allocate request that was refused with " .. v.code .. " does not come again",
    role = "turn-client",
    type = "V",
    needs = { "ask", "accounts" },
    run = function(t)
      local s = lib(t).server(t)
      local r, asked = s:signed()
      if not r then return end
      s:refuse(r, v.code)
      no_more(t, s, v.clause, 20, "the request comes again after " .. v.code .. ", " .. v.what)
      local said = asked:wait(60)
      t:check("RFC8656:7.4#a1", said.kind ~= "success", "the client says that it has an allocation", said)
    end
  }
end

case {
  id = "turn-client-033",
  title = "after 401 to a request with credentials no more requests come to the server, and its user is told",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed()
    if not r then return end
    s:challenge(r, 401, "another-nonce")
    no_more(t, s, "RFC8656:7.4#5", 20, "a request comes again under credentials that were refused")
    t:expect(asked:wait(60), {
      { kind = "error", clause = "RFC8656:7.4#4" }, { kind = "failed", clause = "RFC8656:7.4#4" },
    }, "credentials that were refused")
  end
}

case {
  id = "turn-client-035",
  title = "after 437 other ports are tried, three in all, and the server is left alone for two minutes",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time", "udp", "tcp" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed()
    if not r then return end
    local ports, ids, tries = { [r.from] = true }, { [r.message.transaction] = true }, 1
    s:refuse(r, 437)
    while tries < 8 do
      local again = s:request("allocate", 20)
      if not again.message then break end
      if not again:attribute("NONCE") then
        s:challenge(again)
      else
        tries = tries + 1
        t:check("RFC8656:7.4#8", not ports[again.from] and not ids[again.message.transaction],
          "it tries again from the same port, or in the same transaction", again)
        ports[again.from], ids[again.message.transaction] = true, true
        s:refuse(again, 437)
      end
    end
    t:check("RFC8656:7.4#9", tries == 3, "it has tried " .. tries .. " ports")
    asked:wait(60)
    local later = s:ask()
    t:check("RFC8656:7.4#10", not s:request("allocate", 60).message, "it asks again within two minutes")
    later:wait(1)
    t:pass(130)
    s:ask()
    t:check("RFC8656:7.4#9", s:request("allocate", 20).message ~= nil, "it does not ask after two minutes either")
  end
}

case {
  id = "turn-client-036",
  title = "after 440 that family is not asked for again",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families", "session" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { family = 6 })
    if not r then return end
    s:refuse(r, 440)
    asked:wait(60)
    local again = s:ask { family = 6 }
    no_more(t, s, "RFC8656:7.4#11", 5, "it asks for IPv6 again")
    again:wait(60)
  end
}

-- After an error with this code the server is left alone for a minute, and asked after it.
local function left_alone(t, code, clause)
  local s = lib(t).server(t)
  local r, asked = s:signed()
  if not r then return end
  s:refuse(r, code)
  no_more(t, s, clause, 50, "it asks again within a minute")
  asked:wait(60)
  s:ask()
  t:check(clause, not s:request("allocate", 5).message, "asked again by its user it asks within a minute")
  t:pass(60)
  s:ask()
  t:check("RFC8656:7.4#a1", s:request("allocate", 20).message ~= nil, "it does not ask after a minute either")
end

case {
  id = "turn-client-037",
  title = "after 486 the server is left alone for a minute",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time", "session" },
  run = function(t) left_alone(t, 486, "RFC8656:7.4#14") end
}

case {
  id = "turn-client-044",
  title = "after 508 the server is left alone for a minute",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "virtual-time", "session" },
  run = function(t) left_alone(t, 508, "RFC8656:7.4#16") end
}

case {
  id = "turn-client-039",
  title = "after a refresh of a channel was refused with 400 the allocation is deleted",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-channels" },
  run = function(t)
    local s = lib(t).server(t)
    if not s:allocate() then return end
    local peer = "192.0.2.33:7000"
    local bound = t:ask_start("bind", { peer = peer })
    local r = s:request("channel-bind", 5)
    if not r.message then return end
    s:success(r)
    bound:wait(60)
    local again = t:ask_start("bind", { peer = peer })
    r = s:request("channel-bind", 5)
    if not r.message then t:skip("it binds no channel twice when asked") end
    s:refuse(r, 400)
    again:wait(60)
    local gone = s:request("refresh", 5)
    local a = gone.message and gone:attribute("LIFETIME")
    t:check("RFC8656:12.3#1", a and a.value == 0, "the allocation is not deleted", gone)
    if gone.message then s:success(gone, { { type = "LIFETIME", value = 0 } }) end
  end
}

case {
  id = "turn-client-040",
  title = "a turn or turns URI says over what, and to which port",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "uri", "zone", "udp", "ip4" },
  run = function(t)
    local function at(port, tls)
      local config = { name = "at" .. port }
      config[tls and "listen_tls" or "listen"] = "0.0.0.0:" .. port
      return lib(t).server(t, config)
    end
    local plain, given = at(3478), at(4711)
    local function ip(s) return lib(t).ip(s.addr) end
    t:zone { ["plain.test"] = { ip(plain) .. ":0" }, ["given.test"] = { ip(given) .. ":0" } }
    for _, v in ipairs {
      { s = plain, uri = "turn:plain.test", clause = "RFC8656:4.1#a2" },
      { s = plain, uri = "turn:plain.test?transport=tcp", clause = "RFC8656:4.1#a2" },
      { s = given, uri = "turn:given.test:4711", clause = "RFC8656:4.1#a1" },
      { s = given, uri = "turn:" .. ip(given) .. ":4711", clause = "RFC8656:4.1#a4" },
    } do
      local asked = v.s:ask { uri = v.uri }
      local r = v.s:request("allocate", 5)
      t:check(v.clause, r.message ~= nil, "no request comes for " .. v.uri, r)
      t:check("RFC8656:4.1#1b", r.message ~= nil, "no request comes in the clear for " .. v.uri, r)
      if r.message then v.s:refuse(r, 400) end
      asked:wait(60)
    end
  end
}

case {
  id = "turn-client-047",
  title = "a turns URI means TLS, over UDP DTLS, and port 5349",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "uri", "zone", "tls", "dtls" },
  run = function(t)
    local any = t.family == "ip6" and "[::]:" or "0.0.0.0:"
    local s = lib(t).server(t, { listen_tls = any .. "5349", tls = { subject = "secure.test" } })
    local plain = lib(t).server(t, { name = "plain", listen = any .. "3478" })
    t:zone { ["secure.test"] = { lib(t).ip(s.addr) .. ":0" }, ["plain.test"] = { lib(t).ip(plain.addr) .. ":0" } }
    local how = t.stream and "" or "?transport=udp"
    s:ask { uri = "turns:secure.test" .. how }
    local r = s:request("allocate", 5)
    t:check("RFC8656:4.1#a3", r.message ~= nil, "no request comes to port 5349", r)
    if r.message then s:refuse(r, 400) end
    t:check("RFC8656:4.1#1a", not plain:request("allocate", 1).message, "a request comes without TLS")
    if not t.stream then return end -- what a handshake of DTLS begins with would be read as STUN there
    plain:ask { uri = "turns:plain.test:3478" }
    t:check("RFC8656:4.1#1a", not plain:request("allocate", 5).message, "a request comes without TLS")
  end
}

case {
  id = "turn-client-073",
  title = "an error code that no text has is handled by its class",
  role = "turn-client",
  type = "X",
  needs = { "ask", "accounts" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed()
    if not r then return end
    s:refuse(r, 499)
    no_more(t, s, "RFC8656:7.4#17", 20, "the request comes again after 499")
    local said = asked:wait(60)
    t:check("RFC8656:7.4#17", said.kind ~= "success", "the client says that it has an allocation", said)
  end
}

-- Half of an allocation for both families: the other is refused with `code`.
local function half(t, s, code)
  local r, asked = s:signed(nil, { family = 46 })
  if not r then return nil end
  if not r:attribute("ADDITIONAL-ADDRESS-FAMILY") then t:skip("it asks for both families in other ways") end
  s:success(r, {
    { type = "XOR-RELAYED-ADDRESS", address = "192.0.2.15:50000" },
    { type = "ADDRESS-ERROR-CODE", family = 2, code = code, reason = "", reserved = 0x1fff },
    { type = "LIFETIME", value = 600 },
    { type = "XOR-MAPPED-ADDRESS", address = r.from },
  })
  -- reserved bits of ADDRESS-ERROR-CODE are ignored
  t:expect(asked:wait(60), { { success = true, clause = "RFC8656:18.12#1b" } }, "half of an allocation")
  return r
end

case {
  id = "turn-client-074",
  title = "a family that ADDRESS-ERROR-CODE refused with 440 is not asked for again",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families", "turn-several", "session" },
  run = function(t)
    local s = lib(t).server(t)
    if not half(t, s, 440) then return end
    s:ask { family = 6 }
    no_more(t, s, "RFC8656:7.3#3", 5, "it asks for IPv6 again")
  end
}

case {
  id = "turn-client-075",
  title = "after 508 in ADDRESS-ERROR-CODE that family is left alone for a minute",
  role = "turn-client",
  type = "T",
  needs = { "ask", "accounts", "turn-families", "turn-several", "session", "virtual-time" },
  run = function(t)
    local s = lib(t).server(t)
    if not half(t, s, 508) then return end
    s:ask { family = 6 }
    no_more(t, s, "RFC8656:7.3#4", 5, "it asks for IPv6 again at once")
    t:pass(60)
    s:ask { family = 6 }
    t:check("RFC8656:7.4#a1", s:request("allocate", 20).message ~= nil, "it does not ask after a minute either")
  end
}

case {
  id = "turn-client-076",
  title = "a server that gives addresses of a foreign family is asked for no other allocation",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "turn-families", "session" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = s:signed(nil, { family = 4 })
    if not r then return end
    s:grant(r, { relayed = "[2001:db8::15]:50000" })
    asked:wait(60)
    local gone = s:request("refresh", 5)
    if gone.message then s:success(gone, { { type = "LIFETIME", value = 0 } }) end
    s:ask { family = 4 }
    no_more(t, s, "RFC8656:7.3#2b", 5, "it asks that server for another allocation")
  end
}

case {
  id = "turn-client-077",
  title = "a server is found by SRV under turn, or turns",
  role = "turn-client",
  type = "V",
  needs = { "ask", "accounts", "uri", "zone", "udp", "tcp", "ip4" },
  run = function(t)
    local s = lib(t).server(t, { listen = "0.0.0.0:4001" })
    local other = lib(t).server(t, { name = "other", listen = "0.0.0.0:3478" })
    t:zone {
      ["example.test"] = { lib(t).ip(other.addr) .. ":0" },
      ["a.example.test"] = { lib(t).ip(s.addr) .. ":0" },
      ["_turn._udp.example.test"] = { { port = 4001, target = "a.example.test" } },
      ["_turn._tcp.example.test"] = { { port = 4001, target = "a.example.test" } },
    }
    s:ask { uri = "turn:example.test?transport=" .. t.transport }
    local r = s:request("allocate", 5)
    t:check("RFC8656:5#a8", r.message ~= nil, "no request comes to the server in the SRV record")
    if r.message then s:refuse(r, 400) end
  end
}
