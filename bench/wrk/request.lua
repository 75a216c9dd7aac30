-- Requests of one kind by random users, for wrk. What kind: CELL; where: REQUEST_PATH, in which {chat} is any; users and
-- their chats: USERS, CHATS; or one user: USER_NUMBER.
-- SEED keeps the ids of two runs apart. At the end one line for bin/bench: requests, microseconds, non-2xx answers,
-- socket errors, p50 and p99 in microseconds.
local cell, seed = os.getenv("CELL"), os.getenv("SEED")
local users, chats = tonumber(os.getenv("USERS")), tonumber(os.getenv("CHATS"))
local one = os.getenv("USER_NUMBER")
if one == "" then one = nil end
local path = os.getenv("REQUEST_PATH")
local text = os.getenv("TEXT")
local sent = 0
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  math.randomseed(tonumber(seed) + number)
  for _ = 1, 10 do math.random() end
end

local function chat()
  return string.format("%d", 1000000000000000 + math.random(chats))
end

function request()
  local headers = { ["Authorization"] = "Bearer ck_bench-" .. (one or math.random(users)) }
  if cell == "append" then
    sent = sent + 1
    headers["Content-Type"] = "application/json"
    local body = '{"messages":[{"id":"b' .. seed .. "-" .. number .. "-" .. sent
      .. '","role":"user","parts":[{"type":"text","text":"' .. text .. '"}]}]}'
    return wrk.format("POST", (string.gsub(path, "{chat}", chat)), headers, body)
  end
  return wrk.format("GET", (string.gsub(path, "{chat}", chat)), headers)
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.errors.status,
    failed, latency:percentile(50), latency:percentile(99)))
end
