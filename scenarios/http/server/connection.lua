-- Connections of an HTTP server: RFC 9112 section 9; expectations, RFC 9110 section 10.1.1.

local function lib(t) return t:lib("http") end

case {
  id = "http-server-040",
  title = "after a request with close the server says so, serves nothing more, and closes",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls" },
  run = function(t)
    local c = t:actor("client", "http")
    local get = "GET " .. lib(t).path(t, "path") .. " HTTP/1.1\r\nHost: " .. lib(t).host(t) .. "\r\n"
    local r = c:request { octets = get .. "Connection: close\r\n\r\n" }
    if not t:expect(r, { { success = true, clause = "RFC9112:9.6#3" } }, "a request with close") then return end
    t:check("RFC9112:9.6#4", r:has("Connection", "close"), "the response does not say close", r)
    local d = t:actor("client", "http")
    r = d:request { octets = get .. "Connection: close\r\n\r\n" .. get .. "\r\n", stay = true }
    if r.message and r.message.framing == "close" then return end -- it has ended
    local ev = d:receive { timeout = 3, where = function(e) return e.event == "stray" or e.event == "ended" end }
    t:check("RFC9112:9.6#5", ev.event ~= "stray", "the next request is served", ev)
    t:check("RFC9112:9.6#3", ev.event == "ended", "the connection goes on", ev)
  end
}

case {
  id = "http-server-041",
  title = "responses come in the order of the requests",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local path = lib(t).path(t, "echo")
    local first = c:request { method = "POST", target = path, body = "zero" }
    if not t:expect(first, { { success = true, clause = "RFC9112:9.3.2#2b" } }, "an echo") then return end
    if first:has("Connection", "close") or not (first:field("Content-Length") or first:field("Transfer-Encoding")) then
      t:skip("its connections do not last")
    end
    local host = lib(t).host(t)
    local function post(body)
      return ("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"):format(
        path, host, #body, body)
    end
    -- in one segment: what answers the first is followed by what answers the second
    local one = c:start("request", { octets = post("one") .. post("two"), flow = first.flow })
    local two = c:start("request", { octets = "\r\n", flow = first.flow })
    local r = one:wait()
    t:check("RFC9112:9.3.2#2b", r.content == "one", "the first response has " .. tostring(r.content), r)
    r = two:wait()
    t:check("RFC9112:9.3.2#2b", r.content == "two", "the second response has " .. tostring(r.content), r)
  end
}

case {
  id = "http-server-042",
  title = "a request with 100-continue gets 100 before its body is sent, and a final response after it",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local path, host = lib(t).path(t, "echo"), lib(t).host(t)
    local head = "POST " .. path .. " HTTP/1.%d\r\nHost: " .. host ..
      "\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n%sContent-Length: 5\r\n\r\n"
    local asked = c:start("request", { octets = head:format(1, "") })
    local i = c:receive { timeout = 2, where = function(e) return e.event == "interim" end }
    if asked.ready() then
      t:check("RFC9110:10.1.1#11", asked.ready():answered(), "what answers is no final response", asked.ready())
      t:skip("the head alone decides")
    end
    t:check("RFC9110:10.1.1#12", i.code == 100, "there is no 100: " .. i.kind, i)
    t:check("RFC9110:10.1.1#13", i.code == 100, "100 does not come before the body", i)
    if i.code ~= 100 then return end
    c:send { octets = "hello", flow = i.flow }
    local r = asked:wait()
    t:check("RFC9110:10.1.1#9", r:answered(), "no final response follows", r)
  end
}

case {
  id = "http-server-043",
  title = "100-continue of HTTP/1.0 is ignored",
  role = "http-server",
  type = "V",
  needs = { "tcp", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local asked = c:start("request", { octets = "POST " .. lib(t).path(t, "echo") .. " HTTP/1.0\r\nHost: " ..
      lib(t).host(t) .. "\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" })
    local i = c:receive { timeout = 1, where = function(e) return e.event == "interim" end }
    t:check("RFC9110:10.1.1#7", i.event ~= "interim", "it gets " .. tostring(i.code), i)
    t:check("RFC9110:15.2#1", i.event ~= "interim", "it gets " .. tostring(i.code), i)
    asked:wait()
  end
}
