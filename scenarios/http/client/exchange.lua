-- What an HTTP client sends, and what it makes of responses: RFC 9112 sections 3, 6 and 9, RFC 9110 sections 9, 10.1
-- and 15.2. The IUT is asked by the upper tester; the case plays the server.

local function lib(t) return t:lib("http").client end

case {
  id = "http-client-001",
  title = "GET is a request line, Host first, and nothing about a body",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s, { target = "/a?b=c" })
    if not r then return end
    local m = r.message
    t:check("RFC9112:3.2.1#1", m.form == "origin", "the target is " .. tostring(m.target), r)
    t:check("RFC9112:3.2.1#2", (m.target or ""):sub(1, 1) == "/", "the target is " .. tostring(m.target), r)
    t:check("RFC9110:8.6#2", r:field("Content-Length") == nil, "there is Content-Length", r)
    t:check("RFC9110:10.1.5#1", r:field("User-Agent") ~= nil, "there is no User-Agent", r)
    s:reply { id = r.id, body = "hello", headers = { { name = "Content-Type", value = "text/plain" } } }
    t:expect(asked:wait(20), { { success = true, clause = "RFC9112:6.3#a6" } }, "a response with a length")
  end
}

case {
  id = "http-client-002",
  title = "a body is sent with its length, and the connection serves again",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s, { method = "POST", target = "/", body = "hello" }, "RFC9112:6.3#12")
    if not r then return end
    t:check("RFC9112:6.3#12", r.content == "hello", "the content is " .. tostring(r.content), r)
    s:reply { id = r.id }
    local empty = { { success = true, clause = "RFC9112:6.3#a6" } }
    if not t:expect(asked:wait(20), empty, "an empty response") then return end
    asked = lib(t).ask(t, s)
    local again = lib(t).request(t, s)
    if not again then return end
    if lib(t).session(t) then
      t:check("RFC9112:9.3#1", again.flow == r.flow, "the next request comes over another connection", again)
    end
    t:check("RFC9112:6.3#12", again.message.method == "GET", "octets of the body are left before it", again)
    s:reply { id = again.id }
    asked:wait(20)
  end
}

case {
  id = "http-client-003",
  title = "a body in chunks ends with the last of them",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "http-pipelines" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s, { method = "POST", target = "/", body = "hello", chunk = 2 }, "RFC9112:7.1#a1")
    if not r then
      t:check("RFC9112:7.1#a2", false, "no request comes whose chunks can be read")
      return
    end
    t:check("RFC9112:7.1#a1", r.content == "hello", "the content is " .. tostring(r.content), r)
    s:reply { id = r.id }
    t:expect(asked:wait(20), { { success = true, clause = "RFC9112:6.3#a6" } }, "an empty response")
  end
}

-- One request after another, each answered in its way: what does the client take for the end of a response?
local function answers(t, args, replies, clause, more)
  local s = lib(t).server(t)
  for i, reply in ipairs(replies) do
    local a = i == 1 and args or {}
    local r, asked = lib(t).asked(t, s, { method = a.method, target = a.target }, clause)
    if not r then return end
    reply.id = r.id
    s:reply(reply)
    local said = asked:wait(40)
    if not t:expect(said, { { success = true, clause = clause }, { kind = reply.kind or "redirect", clause = clause } },
      "response " .. i) then return end
    if reply.body and said.content then
      t:check(clause, said.content == reply.body, "its content is taken for " .. said.content, said)
    end
  end
  if more then more(s) end
end

case {
  id = "http-client-004",
  title = "a response to HEAD, a 204 and a 304 have no body, whatever their fields say",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    local clause = "RFC9112:6.3#a1"
    local length = { { name = "Content-Length", value = "5" } }
    answers(t, { method = "HEAD" }, { { as_is = true, status = 200, reason = "OK", headers = length },
      { body = "next" } },
      clause)
    answers(t, {}, { { status = 204 }, { body = "next" } }, clause)
    answers(t, {}, { { as_is = true, status = 304, reason = "Not Modified", headers = length },
      { body = "next" } }, clause)
  end
}

-- A response with both lengths goes by its chunks, or is an error: RFC 9112, section 6.3, item 3 ("ought").
local function both(t)
  local clause = "RFC9112:6.3#a3"
  local s = lib(t).server(t)
  local r, asked = lib(t).asked(t, s, nil, clause)
  if not r then return end
  s:reply { id = r.id, octets = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" ..
    "4;x=y\r\nboth\r\n0\r\nA: b\r\n\r\n" }
  local said = asked:wait(40)
  if not t:expect(said, { { success = true, clause = clause }, { kind = "failed", clause = clause },
    { kind = "closed", clause = clause } }, "both lengths") then return end
  if said.kind == "success" and said.content then
    t:check(clause, said.content == "both", "its content is taken for " .. said.content, said)
  end
end

case {
  id = "http-client-005",
  title = "responses in chunks, in single octets, and until the connection ends",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    answers(t, {}, { { body = "in chunks", chunk = 4 }, { body = "next" } }, "RFC9112:7.1#2")
    answers(t, {}, { { body = "in octets", split = 1 }, { body = "next" } }, "RFC9112:6.3#a6")
    answers(t, {}, { { body = "to the end", until_close = true }, { body = "next" } }, "RFC9112:6.3#a8")
    both(t)
  end
}

case {
  id = "http-client-006",
  title = "1xx before the final response are taken, though nothing asked for them",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s)
    if not r then return end
    s:reply { id = r.id, status = 100 }
    s:reply { id = r.id, status = 103 }
    s:reply { id = r.id, status = 404, body = "final" }
    t:expect(asked:wait(20), { { error = 404, clause = "RFC9110:15.2#2" },
      { kind = "failed", clause = "RFC9110:15.2#2" } },
      "100, 103 and 404")
  end
}

case {
  id = "http-client-007",
  title = "a broken response fails the request, and its connection is closed",
  role = "http-client",
  type = "X",
  needs = { "tcp", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s)
    if not r then return end
    s:reply { id = r.id, octets = "HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\nhello" }
    t:expect(asked:wait(20), { { kind = "failed", clause = "RFC9112:6.3#7" },
      { kind = "closed", clause = "RFC9112:6.3#7" },
      { kind = "error", clause = "RFC9112:6.3#7" } }, "two lengths")
    t:check("RFC9112:6.3#7", lib(t).ends(s, r), "the connection goes on", r)
  end
}

case {
  id = "http-client-010",
  title = "a server that says close gets no further request on that connection, which the client closes",
  role = "http-client",
  type = "V",
  needs = { "tcp", "tls", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s)
    if not r then return end
    -- it says so, and leaves it to the client
    s:reply { id = r.id, as_is = true, status = 200, reason = "OK", body = "x",
      headers = { { name = "Content-Length", value = "1" }, { name = "Connection", value = "close" } } }
    asked:wait(20)
    t:check("RFC9112:9.6#8a", lib(t).ends(s, r), "the connection is not closed", r)
    lib(t).ask(t, s)
    local again = lib(t).request(t, s)
    if not again then return end
    t:check("RFC9112:9.6#8a", again.flow ~= r.flow, "the next request comes on it", again)
    s:reply { id = again.id }
  end
}

case {
  id = "http-client-011",
  title = "a client that says close sends nothing more, and closes behind the response",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "http-pipelines" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s, { close = true })
    if not r then return end
    t:check("RFC9112:9.3#2", r:has("Connection", "close"), "there is no close", r)
    local other = lib(t).ask(t, s, { pipeline = true })
    local second = lib(t).request(t, s, "RFC9112:9.6#2a")
    if second then t:check("RFC9112:9.6#2a", second.flow ~= r.flow, "another request follows it", second) end
    -- and it is left to the client to close
    s:send { flow = r.flow, octets = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
    asked:wait(20)
    if second and second.flow ~= r.flow then
      t:check("RFC9112:9.6#2b", lib(t).ends(s, r), "the connection is not closed", r)
      s:reply { id = second.id }
      other:wait(20)
    end
  end
}

case {
  id = "http-client-012",
  title = "octets that no request was sent for are no response, and the connection is closed",
  role = "http-client",
  type = "I",
  needs = { "tcp", "ask" },
  run = function(t)
    local s = lib(t).server(t)
    local r, asked = lib(t).asked(t, s)
    if not r then return end
    s:reply { id = r.id, body = "one" }
    asked:wait(20)
    s:send { flow = r.flow, octets = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray" }
    local closed = lib(t).ends(s, r)
    asked = lib(t).ask(t, s) -- it may look at them no sooner than this
    local again = lib(t).request(t, s)
    if not again then return end
    t:check("RFC9112:9.2#2b", closed or again.flow ~= r.flow and lib(t).ends(s, r), "the connection is not closed", r)
    s:reply { id = again.id, body = "two" }
    local said = asked:wait(20)
    t:check("RFC9112:9.2#2a", said.content == nil or said.content == "two", "it is taken for a response", said)
  end
}

case {
  id = "http-client-013",
  title = "requests without a response are sent again where the connection ends, and those alone that do no harm twice",
  role = "http-client",
  type = "I",
  needs = { "tcp", "ask", "http-pipelines" },
  run = function(t)
    local s = lib(t).server(t)
    local one, two = lib(t).ask(t, s), lib(t).ask(t, s, { pipeline = true, target = "/two" })
    local r = lib(t).request(t, s)
    local second = r and lib(t).request(t, s)
    if not second then return end
    s:reply { id = r.id, as_is = true, status = 200, reason = "OK", close = true,
      headers = { { name = "Content-Length", value = "0" } } }
    one:wait(20)
    local again = s:receive { timeout = 5, where = lib(t).is_request }
    t:check("RFC9112:9.3.2#3", again.message ~= nil and again.message.target == "/two", "it is not sent again", again)
    if again.message then
      s:reply { id = again.id }
      two:wait(20)
    end
    -- a POST on a connection that ends, and had served
    local get = lib(t).ask(t, s)
    r = lib(t).request(t, s)
    if not r then return end
    s:reply { id = r.id }
    get:wait(20)
    local post = lib(t).ask(t, s, { method = "POST", target = "/", body = "x" })
    r = lib(t).request(t, s)
    if not r then return end
    s:close { flow = r.flow }
    again = s:receive { timeout = 5, where = lib(t).is_request }
    t:check("RFC9110:9.2.2#1", again.message == nil, "a POST is sent again", again)
    post:wait(20)
  end
}

case {
  id = "http-client-014",
  title = "nothing is pipelined behind a request that may do harm twice",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "http-pipelines" },
  run = function(t)
    local s = lib(t).server(t)
    lib(t).ask(t, s, { method = "POST", target = "/", body = "x" })
    local r = lib(t).request(t, s)
    lib(t).ask(t, s, { pipeline = true })
    local second = r and lib(t).request(t, s)
    if not second then return end
    t:check("RFC9112:9.3.2#5", second.flow ~= r.flow, "a request follows a POST without its response", second)
    s:reply { id = r.id }
    s:reply { id = second.id }
  end
}

case {
  id = "http-client-020",
  title = "a client that waits for 100 says so, does not wait for ever, and gives up what is not understood",
  role = "http-client",
  type = "V",
  needs = { "tcp", "ask", "http-pipelines" },
  run = function(t)
    local s = lib(t).server(t, { no_continue = true })
    local args = { method = "POST", target = "/", body = "hello", expect = true }
    local asked = lib(t).ask(t, s, args)
    local r = s:receive { timeout = 20, where = lib(t).is_request }
    t:check("RFC9110:10.1.1#5", r.message ~= nil, "the body does not come without 100", r)
    if not r.message then return end
    t:check("RFC9110:10.1.1#3", r:has("Expect", "100-continue"), "there is no Expect", r)
    s:reply { id = r.id, status = 417 }
    local again = s:receive { timeout = 20, where = lib(t).is_request }
    t:check("RFC9110:10.1.1#6", again.message ~= nil and again:field("Expect") == nil,
      "after 417 it does not come again without Expect", again)
    if again.message then s:reply { id = again.id } end
    asked:wait(20)
  end
}
