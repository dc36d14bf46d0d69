-- What an HTTP server refuses, and how: RFC 9112 sections 2, 3, 5 and 6, the limits of RFC 9110.

local function lib(t) return t:lib("http") end

-- A request that has to get 400: other answers are failures of the clause.
local function bad(t, clause, what, r)
  t:expect(r, { { error = 400, clause = clause } }, what)
end

case {
  id = "http-server-020",
  title = "a method longer than any gets 501",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { ("A"):rep(200) .. " / HTTP/1.1" })
    t:expect(r, { { error = 501, clause = "RFC9112:3#2" } }, "a method of 200 octets")
  end
}

case {
  id = "http-server-021",
  title = "a target that is too long gets 414",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { "GET /" .. ("a"):rep(20000) .. " HTTP/1.1" })
    if r.code == 404 then t:skip("it takes targets of 20,000 octets") end
    t:expect(r, { { error = 414, clause = "RFC9112:3#3" } }, "a target of 20,000 octets")
    lib(t).sanity(t, c, "RFC9112:3#3")
  end
}

case {
  id = "http-server-022",
  title = "request lines of 8000 octets are taken",
  role = "http-server",
  type = "V",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local path = lib(t).path(t, "path")
    local r = c:request { target = path .. "?" .. ("a"):rep(8000 - #path - 15) }
    t:check("RFC9112:3#4", r.kind == "success", "it is answered by " .. tostring(r.code or r.kind), r)
  end
}

case {
  id = "http-server-023",
  title = "header fields that are too large get a 4xx",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { lib(t).line(t, "GET", "path"), "X: " .. ("a"):rep(60000) })
    if r.kind == "success" then t:skip("it takes fields of 60,000 octets") end
    t:check("RFC9110:5.4#1", r:refused(), "it is answered by " .. tostring(r.code or r.kind), r)
    lib(t).sanity(t, c, "RFC9110:5.4#1")
  end
}

case {
  id = "http-server-024",
  title = "what says that it is of a version that is not served is told which ones are",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { "GET / HTTP/3.7" })
    if r.code ~= 505 then t:skip("it is answered by " .. tostring(r.code or r.kind)) end
    t:check("RFC9110:15.6.6#1", (r.content or ""):find("HTTP/1%.1") ~= nil or #(r.content or "") > 60,
      "505 says neither why nor what is served", r)
  end
}

case {
  id = "http-server-025",
  title = "a line that is no request line gets 400",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    for _, line in ipairs { "G(T / HTTP/1.1", "GET  HTTP/1.1", "GET / HTTP", "GET a b HTTP/1.1" } do
      local r = lib(t).raw(t, c, { line })
      t:expect(r, { { error = 400, clause = "RFC9112:3.2#1" }, { kind = "redirect", clause = "RFC9112:3.2#1" },
        { error = 501, clause = "RFC9110:9.1#3" } }, "the line '" .. line .. "'")
    end
    local r = lib(t).raw(t, c, { "HTTP/1.1 200 OK" })
    t:expect(r, { { error = 400, clause = "RFC9112:2.2#10" } }, "a response")
    lib(t).sanity(t, c, "RFC9112:2.2#10")
  end
}

case {
  id = "http-server-026",
  title = "a request of HTTP/1.1 has one Host, and a valid one, or it gets 400",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "GET", "path")
    local clause = "RFC9112:3.2#6"
    bad(t, clause, "no Host", lib(t).raw(t, c, { line }, nil, true))
    bad(t, clause, "two Host", lib(t).raw(t, c, { line, "Host: b.example" }))
    bad(t, clause, "no host in Host", lib(t).raw(t, c, { line, "Host: a b" }, nil, true))
    bad(t, clause, "a slash in Host", lib(t).raw(t, c, { line, "Host: a/b" }, nil, true))
    bad(t, clause, "user information in Host", lib(t).raw(t, c, { line, "Host: u@a" }, nil, true))
    lib(t).sanity(t, c, clause)
  end
}

case {
  id = "http-server-027",
  title = "white space before a colon gets 400",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "GET", "path")
    bad(t, "RFC9112:5.1#1", "a space before a colon", lib(t).raw(t, c, { line, "X : y" }))
    bad(t, "RFC9112:5.1#1", "a tab before a colon", lib(t).raw(t, c, { line, "Content-Length\t: 0" }))
  end
}

case {
  id = "http-server-028",
  title = "a line with white space before the first field is refused, or dropped",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "GET", "path")
    local r = lib(t).raw(t, c, { line, " Content-Length: 5", "Host: " .. lib(t).host(t) }, nil, true)
    t:check("RFC9112:2.2#9", r:answered() and (r:refused() or r.kind == "success"),
      "it is neither refused nor served without that line: " .. tostring(r.code or r.kind), r)
  end
}

case {
  id = "http-server-029",
  title = "a folded line gets 400, or the fold is white space",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    local r = lib(t).raw(t, c, { lib(t).line(t, "GET", "path"), "X: a\r\n b" })
    t:expect(r, { { error = 400, clause = "RFC9112:5.2#2" }, { success = true, clause = "RFC9112:5.2#2" } }, "a fold")
  end
}

case {
  id = "http-server-030",
  title = "transfer codings that are not known get 501, those that do not end with chunked 400",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "POST", "echo")
    local r = lib(t).raw(t, c, { line, "Transfer-Encoding: other, chunked" }, "0\r\n\r\n")
    t:expect(r, { { error = 501, clause = "RFC9112:6.1#9" } }, "a coding of nobody")
    r = lib(t).raw(t, c, { line, "Transfer-Encoding: chunked, gzip" }, "0\r\n\r\n")
    t:expect(r, { { error = 400, clause = "RFC9112:6.3#3a" }, { error = 501, clause = "RFC9112:6.1#9" } },
      "chunked is not the last coding")
    if r.code == 400 then t:check("RFC9112:6.3#3b", lib(t).ends(c, r), "the connection goes on", r) end
  end
}

case {
  id = "http-server-031",
  title = "a Content-Length that is none gets 400, and the connection ends",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "POST", "echo")
    for _, value in ipairs { "five", "-5", "5, 6", "0x5" } do
      local r = lib(t).raw(t, c, { line, "Content-Length: " .. value }, "hello")
      t:expect(r, { { error = 400, clause = "RFC9112:6.3#5" } }, "Content-Length: " .. value)
      if r.code == 400 then t:check("RFC9112:6.3#5", lib(t).ends(c, r), "the connection goes on", r) end
    end
    local r = lib(t).raw(t, c, { line, "Content-Length: 5", "Content-Length: 6" }, "hello!")
    t:expect(r, { { error = 400, clause = "RFC9112:6.3#5" } }, "two that differ")
    lib(t).sanity(t, c, "RFC9112:6.3#5")
  end
}

case {
  id = "http-server-032",
  title = "a request with both lengths is refused, or taken by its chunks; the connection ends behind it",
  role = "http-server",
  type = "X",
  needs = { "tcp", "http-echo" },
  run = function(t)
    local c = t:actor("client", "http")
    local line = lib(t).line(t, "POST", "echo")
    local r = lib(t).raw(t, c, { line, "Content-Type: text/plain", "Content-Length: 3", "Transfer-Encoding: chunked" },
      "5\r\nhello\r\n0\r\n\r\n")
    if not t:expect(r, { { error = 400, clause = "RFC9112:6.1#12" }, { success = true, clause = "RFC9112:6.1#12" } },
      "both lengths") then return end
    if r.kind == "success" and (r.content or "") ~= "" then -- it need not give back what it is about to hang up on
      t:check("RFC9112:6.3#a3", r.content == "hello", "the body is taken for " .. tostring(r.content), r)
    end
    t:check("RFC9112:6.1#13", lib(t).ends(c, r), "the connection goes on", r)
  end
}

case {
  id = "http-server-033",
  title = "an http or https URI with an empty host is refused",
  role = "http-server",
  type = "X",
  needs = { "tcp" },
  run = function(t)
    local c = t:actor("client", "http")
    -- with a port: in the place of an authority that is empty as a whole a server may have a default (RFC 9112, 3.3)
    for _, row in ipairs { { "http://:80", "RFC9110:4.2.1#2" }, { "https://:443", "RFC9110:4.2.2#2" } } do
      local r = lib(t).raw(t, c, { "GET " .. row[1] .. lib(t).path(t, "path") .. " HTTP/1.1" })
      t:check(row[2], r:refused(), "it is answered by " .. tostring(r.code or r.kind), r)
    end
    lib(t).sanity(t, c, "RFC9110:4.2.1#2")
  end
}
