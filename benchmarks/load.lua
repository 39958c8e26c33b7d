-- Asks for names drawn at random, and ends with one line of JSON.
-- Arguments: a file of names, how many requests of a hundred are PUT, a seed, and one path to ask for instead.
local FIRST_DISCARDED = 10
local BIRTHS = 1000
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  puts_of_100 = tonumber(args[2])
  fixed = args[4] and args[4] ~= "" and wrk.format("GET", args[4])
  math.randomseed(tonumber(args[3]) + number)
  for _ = 1, FIRST_DISCARDED do math.random() end
  births, gets, puts, seen, distinct, count = some_births(), {}, {}, {}, 0, 0
  for name in io.lines(args[1]) do
    count = count + 1
    gets[count] = puts_of_100 < 100 and wrk.format("GET", "/hello/" .. name)
    puts[count] = puts_of_100 > 0 and beginning_of_put(name)
  end
end

function some_births()
  local found = {}
  for index = 1, BIRTHS do
    local year, month, day = math.random(1940, 2019), math.random(12), math.random(28)
    found[index] = string.format('%04d-%02d-%02d"}', year, month, day)
  end
  return found
end

-- Everything but the date and what follows, all of one length.
function beginning_of_put(name)
  local headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
  local whole = wrk.format("PUT", "/hello/" .. name, headers, '{"dateOfBirth":"2000-02-29"}')
  return whole:sub(1, -1 - #'2000-02-29"}')
end

function request()
  if fixed then return fixed end
  local index = math.random(count)
  if not seen[index] then
    seen[index] = true
    distinct = distinct + 1
  end
  if puts[index] and (not gets[index] or math.random(100) <= puts_of_100) then
    return puts[index] .. births[math.random(BIRTHS)]
  end
  return gets[index]
end

function done(summary, latency)
  local drawn = 0
  for _, thread in ipairs(threads) do drawn = drawn + thread:get("distinct") end
  local figures = {
    requests = summary.requests,
    duration_us = summary.duration,
    p50_us = latency:percentile(50),
    p99_us = latency:percentile(99),
    distinct = drawn,
    error_status = summary.errors.status,
    connect = summary.errors.connect,
    read = summary.errors.read,
    write = summary.errors.write,
    timeout = summary.errors.timeout,
  }
  local pairs_of_json = {}
  for name, value in pairs(figures) do
    table.insert(pairs_of_json, string.format('"%s":%.0f', name, value))
  end
  print("{" .. table.concat(pairs_of_json, ",") .. "}")
end
