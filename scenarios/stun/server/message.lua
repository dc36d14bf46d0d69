-- The form of responses, and what a request may hold: RFC 8489 sections 5, 6.3.1, 14 and 18.

-- A request that holds attributes of the given types, each without a value.
local function with(types)
  local list = {}
  for i, type in ipairs(types) do list[i] = { type = type, value = "" } end
  return { class = "request", attributes = list }
end

case {
  id = "stun-server-019",
  title = "a response starts with 0x0101 and holds attributes up to its end, nothing else",
  role = "stun-server",
  type = "V",
  needs = { "udp" },
  run = function(t)
    local c = t:actor("client", "stun")
    local id = "header-order"
    c:send { class = "request", transaction = id }
    local r = c:receive { timeout = 5, where = function(ev) return ev.octets ~= nil end }
    if not r.octets then
      t:expect(r, { { kind = "message", clause = "RFC8489:12#1" } }, "a Binding request")
      return
    end
    local o = r.octets
    t:check("RFC8489:5#1", o:byte(1) < 64, "the first two bits are not zero", r)
    t:check("RFC8489:5#a10", o:sub(5, 8) == "\x21\x12\xa4\x42" and #o >= 20,
      "the magic cookie does not stand behind type and length", r)
    t:check("RFC8489:14#a2", #o % 4 == 0, "a value is not padded to a multiple of four", r)
    if not r.message then return end
    if r.message.class == "error" then r.kind = "error" end
    if r:refused(t) then return end
    t:check("RFC8489:5#a1", #o >= 20 and (string.unpack(">I2", o, 3) == #o - 20 or
      string.unpack("<I2", o, 3) ~= #o - 20), "the length is in the order of a little-endian host", r)
    t:check("RFC8489:5#a2", #o >= 20 and #o % 4 == 0, "no header of 20 octets and whole attributes", r)
    t:check("RFC8489:5#a3", o:byte(1) & 0x3e == 0 and o:byte(2) & 0xef == 1,
      ("the type is 0x%02x%02x: its method bits are not those of Binding"):format(o:byte(1), o:byte(2)), r)
    t:check("RFC8489:5#a5", r.message.class ~= "success" or o:sub(1, 2) == "\1\1",
      "a success response to Binding does not start with 0x0101", r)
    t:check("RFC8489:5#a4", o:byte(1) & 1 == 1,
      ("the type is 0x%02x%02x: its class bits are not those of a response"):format(o:byte(1), o:byte(2)), r)
    t:check("RFC8489:5#a9", t:lib("stun").whole(o), "something else than attributes follows the header", r)
    t:sanity(c, "RFC8489:12#1")
  end
}

case {
  id = "stun-server-020",
  title = "0x7fff is the last type that has to be understood, 0x8000 the first that need not be",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request(with { 0x7fff })
    if r:refused(t) then return end
    t:expect(r, { { error = 420, clause = "RFC8489:14#a3" } }, "an attribute 0x7fff")
    r = c:request { class = "request", attributes = { { type = 0x8000, value = "\2\0\0\0" } } }
    t:check("RFC8489:14#a4", r.code ~= 420, "attribute 0x8000 is refused as one that has to be understood", r)
    -- TURN has given it a meaning, so a server may know it
    t:expect(r, { { success = true, clause = "RFC8489:6.3#2" } }, "an attribute 0x8000")
    r = c:request(with { 0xffff, 0x8fff })
    t:expect(r, { { success = true, clause = "RFC8489:6.3#1" } }, "attributes 0xffff and 0x8fff")
    t:sanity(c, "RFC8489:14#a4")
  end
}

case {
  id = "stun-server-021",
  title = "UNKNOWN-ATTRIBUTES names each unknown type, no other, and none twice to fill up",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    for n = 1, 3 do
      local types = { 0x7ff1, 0x7ff2, 0x7ff3 }
      for i = n + 1, 3 do types[i] = nil end
      local args = with(types)
      args.attributes[#args.attributes + 1] = { type = 0xfffe, value = "optional" }
      local r = c:request(args)
      if r:refused(t) then return end
      if not t:expect(r, { { error = 420, clause = "RFC8489:6.3.1#a2" } }, n .. " unknown attributes") then return end
      local list = r:attribute("UNKNOWN-ATTRIBUTES")
      if not t:check("RFC8489:6.3.1.1#3", list ~= nil, "no UNKNOWN-ATTRIBUTES", r) then return end
      for _, type in ipairs(types) do
        t:check("RFC8489:14.8#10", r:lists("UNKNOWN-ATTRIBUTES", type), ("0x%04x is not named"):format(type), r)
      end
      local other = r:lists_other("UNKNOWN-ATTRIBUTES", types)
      t:check("RFC8489:14.13#a3", other == nil, "it names " .. tostring(other) .. ", which is none of them", r)
      t:check("RFC8489:14.13#a4", #(list.types or {}) <= n,
        n .. " types were unknown, " .. #(list.types or {}) .. " entries are there", r)
    end
    t:sanity(c, "RFC8489:6.3.1#a4")
  end
}

case {
  id = "stun-server-022",
  title = "ERROR-CODE splits 420 into class 4 and number 20, and its reason does not belong to another code",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request(with { 0x7ffe })
    if r:refused(t) then return end
    if not t:expect(r, { { kind = "error", clause = "RFC8489:6.3.1#a1" } }, "an unknown attribute") then return end
    local value = t:lib("stun").raw(r.octets, 0x0009)
    if not t:check("RFC8489:6.3.1.1#1", value and #value >= 4, "no ERROR-CODE", r) then return end
    local class, number = value:byte(3) & 7, value:byte(4)
    t:check("RFC8489:14.8#a2", class >= 3 and class <= 6 and number < 100, "the code is not within 300 to 699", r)
    t:check("RFC8489:14.8#a5", class == 4, "the class is " .. class .. " for an unknown attribute", r)
    t:check("RFC8489:14.8#a6", number == 20, "the number is " .. number .. " for an unknown attribute", r)
    t:check("RFC8489:14.8#a11", r.code == 420, "the code is " .. tostring(r.code), r)
    local reason = value:sub(5)
    for _, code in ipairs { 300, 400, 401, 438, 500 } do
      local phrase = t:lib("stun").reasons[code]
      t:check("RFC8489:6.3.1.1#2", code == r.code or reason:lower() ~= phrase:lower(),
        "'" .. reason .. "' is the reason of " .. code, r)
    end
    t:sanity(c, "RFC8489:6.3.1#a4")
  end
}

case {
  id = "stun-server-023",
  title = "a response says which software sends it, with a version",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request" }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    t:check("RFC8489:18.3.1#a1", t:lib("stun").raw(r.octets, 0x0020) ~= nil,
      "no attribute 0x0020, which is XOR-MAPPED-ADDRESS", r)
    local software = r:attribute("SOFTWARE")
    if not t:check("RFC8489:6.3.1.1#5", software ~= nil, "no SOFTWARE", r) then return end
    local text = software.value or ""
    t:check("RFC8489:14.14#1", text:find("[^%d%p%s]") ~= nil and text:find("%d") ~= nil,
      "'" .. text .. "' does not name a maker and a version", r)
  end
}

case {
  id = "stun-server-024",
  title = "what SOFTWARE says in a request changes nothing: empty, 508 octets long, in many scripts",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    for _, text in ipairs { "", ("s"):rep(127), ("\u{20ac}"):rep(127), ("\u{1f512}"):rep(127) } do
      local r = c:request { class = "request", attributes = { { type = "SOFTWARE", value = text } } }
      if r:refused(t) then return end
      t:expect(r, { { success = true, clause = "RFC8489:14.14#a2" } }, "SOFTWARE of " .. #text .. " octets")
    end
  end
}

case {
  id = "stun-server-025",
  title = "a success response carries nothing that belongs to errors or requests",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", attributes = { { type = "SOFTWARE", value = "rtclab" } } }
    if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
    t:check("RFC8489:14.8#a1", r:attribute("ERROR-CODE") == nil, "it carries ERROR-CODE", r)
    t:check("RFC8489:14.13#a1", r:attribute("UNKNOWN-ATTRIBUTES") == nil, "it carries UNKNOWN-ATTRIBUTES", r)
    t:check("RFC8489:14.12#a1", r:attribute("PASSWORD-ALGORITHM") == nil, "it carries PASSWORD-ALGORITHM", r)
  end
}

-- X-Port and X-Address as they stand in the octets, and what they should be.
local function masked(t, c)
  local r = c:request { class = "request" }
  if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
  local value = t:lib("stun").raw(r.octets, 0x0020)
  if not t:check("RFC8489:6.3.1.1#a6", value ~= nil, "no attribute 0x0020, XOR-MAPPED-ADDRESS", r) then return end
  if not t:lib("stun").direct(t) then t:skip("the client's address as the server sees it is not known") end
  return r, value, tonumber(r["local"]:match(":(%d+)$"))
end

case {
  id = "stun-server-026",
  title = "XOR-MAPPED-ADDRESS of IPv4: family 1, port and address under the magic cookie",
  role = "stun-server",
  type = "V",
  needs = { "ip4" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r, value, port = masked(t, c)
    if not r then return end
    if not t:check("RFC8489:14.2#a9", #value == 8, "it has " .. #value .. " octets", r) then return end
    local _, family, x_port, x_address = string.unpack(">BBI2I4", value)
    t:check("RFC8489:14.2#a2", family == 1, "the family is " .. family, r)
    t:check("RFC8489:14.2#a1", x_port ~= port, "the port stands there in the clear", r)
    t:check("RFC8489:14.2#a6", x_port ~ 0x2112 ~= port >> 8 | (port & 255) << 8 or port >> 8 == port & 255,
      "the port is in the order of a little-endian host", r)
    t:check("RFC8489:14#a1", x_port ~ 0x2112 ~= port >> 8 | (port & 255) << 8 or port >> 8 == port & 255,
      "a field of the attribute is in the order of a little-endian host", r)
    t:check("RFC8489:14.2#a3", x_port ~ 0x2112 == port, "X-Port is not the port XOR 0x2112", r)
    local address = 0
    for part in r["local"]:match("^[%d.]+"):gmatch("%d+") do address = address << 8 | math.tointeger(part) end
    t:check("RFC8489:14.2#a4", x_address ~ 0x2112a442 == address,
      "X-Address is not the address XOR the magic cookie", r)
  end
}

case {
  id = "stun-server-027",
  title = "XOR-MAPPED-ADDRESS of IPv6: family 2, the address under cookie and transaction id",
  role = "stun-server",
  type = "V",
  needs = { "ip6" },
  run = function(t)
    local c = t:actor("client", "stun")
    local r, value = masked(t, c)
    if not r then return end
    if not t:check("RFC8489:14.2#a9", #value == 20, "it has " .. #value .. " octets", r) then return end
    t:check("RFC8489:14.2#a2", value:byte(2) == 2, "the family is " .. value:byte(2), r)
    local mapped = r:attribute("XOR-MAPPED-ADDRESS") -- taken out of the mask of cookie and transaction id
    t:check("RFC8489:14.2#a5", mapped and mapped.address and mapped.address:match("^%[(.*)%]") ==
      r["local"]:match("^%[(.*)%]"), "under cookie and transaction id it is " .. tostring(mapped and mapped.address), r)
  end
}

case {
  id = "stun-server-028",
  title = "an indication with an attribute that is not understood is not answered, not even by 420",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    local args = with { 0x7ffe, 0x7ffd }
    args.class = "indication"
    c:send(args)
    t:silence(c, "RFC8489:6.3.2#a1", "an indication with unknown attributes")
  end
}

case {
  id = "stun-server-029",
  title = "a request needs no attributes at all, and may carry those of other usages",
  role = "stun-server",
  type = "V",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:exchange { class = "request", transaction = "no-attribute" }
    if r.message and r.message.class == "error" and r.code == 401 then r:refused(t) return end
    t:expect(r, { { success = true, clause = "RFC8489:6.1#a1" } }, "a header alone")
    r = c:request { class = "request", attributes = { { type = "SOFTWARE", value = "rtclab" },
      { type = 0x802a, value = "12345678" } } } -- ICE-CONTROLLING
    t:expect(r, { { success = true, clause = "RFC8489:6.3#2" } }, "a request with an attribute of ICE")
  end
}

case {
  id = "stun-server-034",
  title = "credentials that nobody asked for are ignored",
  role = "stun-server",
  type = "I",
  run = function(t)
    local c = t:actor("client", "stun")
    local r = c:request { class = "request", auth = "short", password = "some password",
      attributes = { { type = "USERNAME", value = "somebody" }, "MESSAGE-INTEGRITY" } }
    if r.kind == "error" and r.code == 401 then
      t:check("RFC8489:12#2", false, "Binding asks for credentials", r)
      return
    end
    t:expect(r, { { success = true, clause = "RFC8489:6.3#2" } }, "a request with USERNAME and MESSAGE-INTEGRITY")
    t:sanity(c, "RFC8489:6.3#2")
  end
}

case {
  id = "stun-server-035",
  title = "the methods that are reserved get no answer",
  role = "stun-server",
  type = "X",
  run = function(t)
    local c = t:actor("client", "stun")
    c:send { class = "request", method = 0 }
    c:send { class = "request", method = 2 }
    local valid = t:sanity(c, "RFC8489:6.3#a4") -- its answer and the grace fence the wait
    t:pass(0.02 * t.scale)
    local heard = c:pending()
    t:allow(c)
    for _, r in ipairs(heard) do
      t:check("RFC8489:18.2#a1", not r.message or r.message.class ~= "success", "a reserved method was served", r)
    end
    if #heard > 0 or valid then
      t:check("RFC8489:6.3#a4", #heard == 0, "a request with a reserved method was answered", heard[1])
    end
  end
}

-- The answer to a bare request, where it came over UDP and none of the path's size is known. `limits`: by clause,
-- the octets that the message has at most.
local function size_of_answer(t, limits)
  local c = t:actor("client", "stun")
  local r = c:request { class = "request" }
  if r:refused(t) or not t:expect(r, { { success = true, clause = "RFC8489:12#1" } }) then return end
  for _, l in ipairs(limits) do
    t:check(l[1], #r.octets <= l[2], "the answer has " .. #r.octets .. " octets, over " .. l[2], r)
  end
end

case {
  id = "stun-server-047",
  title = "over IPv4 and UDP an answer has less than 548 octets",
  role = "stun-server",
  type = "V",
  needs = { "udp", "ip4" },
  run = function(t) -- 548 octets are a packet of 576, which 6.1#6a allows and the sentence after it does not
    size_of_answer(t, { { "RFC8489:6.1#6a", 548 }, { "RFC8489:6.1#a2", 547 }, { "RFC8489:6.1#8", 548 } })
  end
}

case {
  id = "stun-server-048",
  title = "over IPv6 and UDP an answer has at most 1232 octets",
  role = "stun-server",
  type = "V",
  needs = { "udp", "ip6" },
  run = function(t) size_of_answer(t, { { "RFC8489:6.1#6b", 1232 }, { "RFC8489:6.1#8", 1232 } }) end
}
