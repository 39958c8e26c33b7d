-- Sends requests drawn at random from a file; `load.lua` above this ends with one line of JSON.
-- Arguments: a file of requests, a seed, and a prefix of idempotency keys or nothing.
-- A line of the file: method, path, authorization and body, between tabs; the last two may be empty.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "../load.lua")

local KEY = "KEY-TO-BE-REPLACED"

function init(args)
  math.randomseed(tonumber(args[2]) + number)
  for _ = 1, 10 do math.random() end
  keys = args[3] and args[3] ~= "" and args[3]
  requests, ends, seen, distinct, count, sent = {}, {}, {}, 0, 0, 0
  for line in io.lines(args[1]) do
    count = count + 1
    requests[count], ends[count] = request_of(line)
  end
end

-- Returns the request, or the parts before and after its key.
function request_of(line)
  local method, path, authorization, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
  local headers = { ["Host"] = wrk.headers["Host"] }
  if authorization ~= "" then headers["Authorization"] = authorization end
  if body ~= "" then headers["Content-Type"] = "application/json" end
  if keys then headers["Idempotency-Key"] = KEY end
  local whole = wrk.format(method, path, headers, body ~= "" and body or nil)
  if not keys then return whole end
  local first, last = whole:find(KEY, 1, true)
  return whole:sub(1, first - 1), whole:sub(last + 1)
end

function request()
  local index = math.random(count)
  if not seen[index] then
    seen[index] = true
    distinct = distinct + 1
  end
  if not keys then return requests[index] end
  sent = sent + 1
  return requests[index] .. keys .. sent .. ends[index]
end
