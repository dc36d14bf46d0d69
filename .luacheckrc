-- luacheck for scenarios: Lua 5.4 in the sandbox of harness/script.
std = "lua54"
max_line_length = 120
-- What the sandbox adds, and what it takes away.
read_globals = { "case" }
not_globals = { "os", "io", "package", "debug", "dofile", "loadfile", "collectgarbage" }
self = false -- a method may not need its object
