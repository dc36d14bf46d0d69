-- FINGERPRINT in use: RFC 8489 section 7. These are for servers that share their port with another protocol, and
-- so want FINGERPRINT in each message.

-- A Binding request with FINGERPRINT; `mask` is what the CRC is masked with, `of` the transaction that it fits.
local function printed(t, id, mask, of)
  local function header(transaction) return "\0\1\0\8\x21\x12\xa4\x42" .. transaction end
  return header(id) .. "\x80\x28\0\4" .. string.pack(">I4", t:lib("stun").crc32(header(of or id)) ~ mask)
end

local function client(t)
  local c = t:actor("client", "stun")
  c.sane = { class = "request", attributes = { "FINGERPRINT" } }
  return c
end

case {
  id = "stun-server-341",
  title = "where FINGERPRINT is in use each response carries a right one, last",
  role = "stun-server",
  type = "V",
  needs = { "fingerprint-needed" },
  run = function(t)
    local c = client(t)
    local r = c:request(c.sane)
    t:expect(r, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a request with FINGERPRINT")
    t:check("RFC8489:7#a2", r.fingerprint ~= "absent", "no FINGERPRINT", r)
    t:check("RFC8489:14.7#a3", r.fingerprint == "good", "FINGERPRINT is " .. tostring(r.fingerprint), r)
    r = c:request { class = "request", attributes = { { type = 0x7ffe, value = "" }, "FINGERPRINT" } }
    t:expect(r, { { error = 420, clause = "RFC8489:6.3.1#a2" } }, "an unknown attribute")
    t:check("RFC8489:14.7#a4", r.fingerprint == "good", "in an error response it is " .. tostring(r.fingerprint), r)
  end
}

case {
  id = "stun-server-342",
  title = "where FINGERPRINT is in use a message without it is not answered",
  role = "stun-server",
  type = "X",
  needs = { "fingerprint-needed" },
  run = function(t)
    local c = client(t)
    c:send { class = "request" }
    c:send { class = "request", attributes = { { type = 0x7ffe, value = "" } } }
    t:silence(c, "RFC8489:7#a3", "a request without FINGERPRINT")
  end
}

case {
  id = "stun-server-343",
  title = "where FINGERPRINT is in use a message with a wrong one is not answered",
  role = "stun-server",
  type = "X",
  needs = { "fingerprint-needed" },
  run = function(t)
    local c = client(t)
    c:send { class = "request", attributes = { { type = "FINGERPRINT", value = 0 } } }
    local right = c:exchange { octets = printed(t, "fingerprint1", 0x5354554e) }
    t:expect(right, { { success = true, clause = "RFC8489:6.3.1#a4" } }, "a request with FINGERPRINT")
    c:send { octets = printed(t, "fingerprint2", 0x5354554e, "fingerprint1") }
    t:silence(c, "RFC8489:7#a4", "a wrong FINGERPRINT")
  end
}

case {
  id = "stun-server-344",
  title = "a CRC that is no FINGERPRINT of STUN is not taken for one",
  role = "stun-server",
  type = "X",
  needs = { "fingerprint-needed" },
  run = function(t)
    local c = client(t)
    c:send { octets = printed(t, "plain-crc-32", 0) } -- without the XOR of section 14.7
    t:silence(c, "RFC8489:6.3#a7", "a plain CRC in FINGERPRINT")
  end
}
