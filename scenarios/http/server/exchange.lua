-- What an HTTP server sends: RFC 9112 sections 2 to 7, methods of RFC 9110 section 9.

local function lib(t) return t:lib("http") end

case {
  id = "http-server-001",
  title = "GET is answered by a message that says where it ends, again and again over one connection",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls" },
  run = function(t)
    local c = t:actor("client", "http")
    local flow
    for i = 1, 3 do
      local r = c:request { target = lib(t).path(t, "path") }
      if not t:check("RFC9112:9.3#a4", r.kind ~= "timeout" and r.kind ~= "failed",
        "no end of the response is seen: " .. r.kind .. " " .. tostring(r.why or ""), r) then
        t:check("RFC9110:8.6#7", false, "the response has no length", r)
        return
      end
      if not t:expect(r, { { success = true, clause = "RFC9110:9.1#1" } }, "GET") then return end
      t:check("RFC9112:2.3#3", r.message.version == "HTTP/1.1", "the version is " .. tostring(r.message.version), r)
      local framed = r:field("Content-Length") or r:field("Transfer-Encoding")
      t:check("RFC9112:6.3#9", framed ~= nil, "the response ends with its connection", r)
      if i > 1 and flow and framed then
        t:check("RFC9112:9.3#1", r.flow == flow, "the connection did not last for another request", r)
      end
      flow = r.flow
      if not r:has("Connection", "close") and framed then
        local gone = c:receive { timeout = 0.02, where = function(ev) return ev.event == "ended" end }
        t:check("RFC9112:9.3#3", gone.event ~= "ended", "the connection ends, and no close was said", r)
      end
    end
    local stray = c:receive { timeout = 0.02, where = function(ev) return ev.event == "stray" end }
    t:check("RFC9112:9.3#a4", stray.event ~= "stray", "octets come behind the response", stray)
  end
}

case {
  id = "http-server-002",
  title = "HEAD is answered as GET is, without content",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls" },
  run = function(t)
    local c = t:actor("client", "http")
    local path = lib(t).path(t, "path")
    local g = c:request { target = path }
    local h = c:request { method = "HEAD", target = path }
    if not t:expect(h, { { success = true, clause = "RFC9110:9.1#1" } }, "HEAD") then return end
    local length = h:field("Content-Length")
    if length and g:answered() then
      t:check("RFC9110:8.6#3", tonumber(length) == #(g.content or ""),
        "Content-Length is " .. length .. ", the content of GET has " .. #(g.content or "") .. " octets", h)
    end
    t:check("RFC9110:9.3.2#2", (h:field("Content-Type") ~= nil) == (g:field("Content-Type") ~= nil),
      "Content-Type stands with one of GET and HEAD alone", h)
    local again = c:request { target = path }
    local stray = c:receive { timeout = 0.02, where = function(ev) return ev.event == "stray" end }
    t:check("RFC9110:9.3.2#1", again.kind == "success" and stray.event ~= "stray",
      "what follows the response to HEAD is not the next response", again)
  end
}

case {
  id = "http-server-003",
  title = "a response in chunks is made of chunks, a last one, and an empty line",
  role = "http-server",
  type = "V",
  needs = { "tcp", "http-chunked" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = c:request { target = lib(t).path(t, "chunked") }
    t:check("RFC9112:7.1#a1", r.kind ~= "timeout" and r.kind ~= "failed",
      "no end of the response is seen: " .. r.kind .. " " .. tostring(r.why or ""), r)
    t:check("RFC9112:7.1#a2", r.kind ~= "failed", tostring(r.why), r)
    if r:answered() and not r:field("Transfer-Encoding") then t:skip("it is not chunked") end
  end
}

case {
  id = "http-server-004",
  title = "a client of HTTP/1.0 gets neither chunks nor 1xx",
  role = "http-server",
  type = "V",
  needs = { "tcp", "http-chunked" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { "GET " .. lib(t).path(t, "chunked") .. " HTTP/1.0" })
    t:check("RFC9112:6.1#11", r:answered() and r:field("Transfer-Encoding") == nil,
      "the response to HTTP/1.0 has Transfer-Encoding", r)
  end
}

case {
  id = "http-server-005",
  title = "a target in absolute form is taken",
  role = "http-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = c:request { target = "http://" .. lib(t).host(t) .. lib(t).path(t, "path") }
    t:check("RFC9112:3.2.2#6", r.kind == "success", "it is answered by " .. tostring(r.code or r.kind), r)
  end
}

case {
  id = "http-server-006",
  title = "OPTIONS says which methods there are",
  role = "http-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = c:request { method = "OPTIONS", target = lib(t).path(t, "path") }
    if r.kind ~= "success" then t:skip("OPTIONS is not served") end
    t:check("RFC9110:9.3.7#1", r:field("Allow") ~= nil, "there is no Allow", r)
  end
}

case {
  id = "http-server-007",
  title = "a method that is not known gets 501, one that is not allowed 405 with Allow",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local path = lib(t).path(t, "path")
    local r = c:request { method = "BREW", target = path }
    t:expect(r, { { error = 501, clause = "RFC9110:9.1#3" } }, "a method of nobody")
    r = c:request { method = "DELETE", target = path }
    t:expect(r, { { error = 405, clause = "RFC9110:9.1#4" }, { error = 501, clause = "RFC9110:9.1#3" } }, "DELETE")
    if r.code == 405 then t:check("RFC9110:15.5.6#1", r:field("Allow") ~= nil, "there is no Allow", r) end
    lib(t).sanity(t, c, "RFC9110:9.1#3")
  end
}

case {
  id = "http-server-008",
  title = "a response without content has nothing that says it had",
  role = "http-server",
  type = "V",
  needs = { "tcp", "http-empty" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = c:request { target = lib(t).path(t, "empty") }
    t:expect(r, { { success = true, clause = "RFC9110:8.6#5" } }, "a resource without content")
    t:check("RFC9112:6.1#7", r:field("Transfer-Encoding") == nil, "it has Transfer-Encoding", r)
    r = c:request { target = lib(t).path(t, "path") }
    t:check("RFC9112:6.1#7", r.kind == "success", "what follows it is not the next response", r)
  end
}

case {
  id = "http-server-009",
  title = "a body comes back as it was sent: with a length, in chunks with extensions and trailers, in single octets",
  role = "http-server",
  type = "V",
  needs = { "tcp", "tls", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local path = lib(t).path(t, "echo")
    local head = "POST " .. path .. " HTTP/1.1\r\nHost: " .. lib(t).host(t) .. "\r\nContent-Type: text/plain\r\n"
    local chunks = "Transfer-Encoding: chunked\r\n\r\n"
    local ways = {
      { "RFC9112:6.3#a6", head .. "Content-Length: 5\r\n\r\nhello" },
      { "RFC9112:7.1#2", head .. chunks .. "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" },
      { "RFC9112:7.1#2", head .. chunks .. "0003\r\nhel\r\n2\r\nlo\r\n000\r\n\r\n" },
      { "RFC9112:7.1.1#1", head .. chunks .. '5;a;b=c;d="e;\\""\r\nhello\r\n0;f\r\n\r\n' },
      { "RFC9112:7.1.2#3", head .. chunks .. "5\r\nhello\r\n0\r\nX-Trailer: 1\r\nContent-Length: 9\r\n\r\n" },
    }
    for _, way in ipairs(ways) do
      for split = 0, 1 do
        local r = c:request { octets = way[2], split = split }
        t:check(way[1], r.kind == "success" and r.content == "hello",
          "it comes back as " .. tostring(r.content) .. ", by " .. tostring(r.code or r.kind), r)
      end
    end
  end
}

case {
  id = "http-server-010",
  title = "an empty line before a request is passed over",
  role = "http-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = c:request { octets = "\r\nGET " .. lib(t).path(t, "path") .. " HTTP/1.1\r\nHost: " .. lib(t).host(t) ..
      "\r\n\r\n" }
    t:check("RFC9112:2.2#7", r.kind == "success", "it is answered by " .. tostring(r.code or r.kind), r)
  end
}
