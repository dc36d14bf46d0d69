-- Streams that are cut, crammed, starved and abandoned: a server goes on serving others meanwhile.

local function bare(id) return "\0\1\0\0\x21\x12\xa4\x42" .. id end
-- One with an attribute, 32 octets.
local function longer(id) return "\0\1\0\12\x21\x12\xa4\x42" .. id .. "\x80\x22\0\6rtclab\0\0" end

-- The answer to `id`; a connection that is closed ends the wait.
local function answer(c, id, flow)
  local r = c:receive { timeout = 5, where = function(ev)
    return ev.message and ev.message.transaction == id or ev.kind == "closed" and ev.flow == flow
  end }
  return r.message ~= nil, r
end

case {
  id = "stun-robust-030",
  title = "a request that is split at each of its octets in turn is answered each time",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    local flow
    for at = 1, 31 do
      local id = ("split-at-%03d"):format(at)
      local octets = longer(id)
      flow = run:send({ octets = octets:sub(1, at), flow = flow }).flow
      run:send { octets = octets:sub(at + 1), flow = flow }
      local good, r = answer(run.c, id, flow)
      if not t:check("RFC8489:6.2.2#a2", good, "a request split after octet " .. at .. " was not answered", r) then
        break
      end
    end
    if run:alive("requests that were split") then run:finish() end
  end
}

case {
  id = "stun-robust-031",
  title = "many requests in one segment are each answered, the last of them cut in two",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    local list = {}
    for i = 1, 40 do list[i] = (i % 2 == 0 and bare or longer)(("cram-%07d"):format(i)) end
    local all = table.concat(list)
    local flow = run:send({ octets = all:sub(1, -10) }).flow
    run:send { octets = all:sub(-9), flow = flow }
    for i = 1, #list do
      local good, r = answer(run.c, ("cram-%07d"):format(i), flow)
      if not t:check("RFC8489:6.2.2#a2", good, "request " .. i .. " of " .. #list .. " was not answered", r) then
        break
      end
    end
    if run:alive("many requests in a segment") then run:finish() end
  end
}

case {
  id = "stun-robust-032",
  title = "half a message, then silence: others are served meanwhile",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    for _, n in ipairs { 1, 4, 19, 20, 21, 31 } do
      run:half(longer("half-silent-"):sub(1, n), 1)
      if not run:alive("a connection that is silent after " .. n .. " octets") then return end
    end
    run:finish()
  end
}

case {
  id = "stun-robust-033",
  title = "half a message, then the connection is closed, again and again",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    for n = 1, 31 do
      run:half(longer("half-closed-"):sub(1, n), 4, n % 2 == 0 and "at once" or "later")
      if not run:alive("connections that were closed after " .. n .. " octets") then return end
    end
    run:finish()
  end
}

case {
  id = "stun-robust-034",
  title = "a length of 65532 octets that never come, on as many connections as one host may have",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    local limit = (t.profile.limits or {}).connections or 8
    local actors, held = {}, 0
    while held < limit do -- an actor has room for eight, and one of the first's is for the exchange
      local c = #actors == 0 and run.c or t:actor("client", "stun")
      actors[#actors + 1] = c
      t:allow(c)
      for _ = 1, 6 do
        if held < limit then
          run:send({ octets = "\0\1\xff\xfc\x21\x12\xa4\x42neverending!" .. ("x"):rep(100) }, c)
          held = held + 1
        end
      end
    end
    if not run:alive(held .. " connections that wait for 65532 octets") then return end
    run:finish(table.unpack(actors))
  end
}

case {
  id = "stun-robust-035",
  title = "connections that are opened and closed, a thousand of them, most without a word",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    for n = 1, 250 do
      run:half(n % 5 == 0 and longer("come-and-go-"):sub(1, 30) or "\0", 4, n % 5 == 0 and "later" or "at once")
      if n % 2 == 0 and not run:alive(n * 4 .. " connections that came and went") then return end
    end
    run:finish()
  end
}

case {
  id = "stun-robust-036",
  title = "requests that come an octet at a time, slowly, on several connections: others are served meanwhile",
  suite = "stun-robust", role = "stun-server", type = "R",
  needs = { "tcp" },
  run = function(t)
    local run = t:lib("robust").start(t, { alive = "RFC8489:6.3.1#a4", form = "RFC8489:6.3.1.1#a3" })
    if not run:alive() then return end
    local flows, octets = {}, longer("slow-loris-1")
    for i = 1, 4 do flows[i] = run:send({ octets = octets:sub(1, 1) }).flow end
    for at = 2, #octets do
      t:pass(0.05)
      for i = 1, 4 do run:send { octets = octets:sub(at, at), flow = flows[i] } end
      if at % 10 == 0 and not run:alive("connections that send an octet at a time") then return end
    end
    if not run:alive("connections that sent an octet at a time") then return end
    run:finish()
  end
}
