-- For wrk: sends the lines of a file made by bench/load.py, each once, and prints one line of JSON.
--   wrk -t1 -c16 -d4s --latency -s replay.lua URL -- FILE [LINES TO SKIP]
-- A storing server answers a repeated text faster, so running out of lines ends the run, and
-- "exhausted" then says that the run is void.

local lines = {}
local position = 0
local thread_of_run
exhausted = 0 -- global: done() reads it out of the thread

function setup(thread)
  thread_of_run = thread
end

function init(arguments)
  local file = assert(io.open(arguments[1]))
  for line in file:lines() do
    local signature, body = line:match("^([^\t]+)\t(.*)$")
    lines[#lines + 1] = wrk.format("POST", nil, {
      ["Host"] = wrk.headers["Host"],
      ["Content-Type"] = "application/x-www-form-urlencoded",
      ["X-Twilio-Signature"] = signature,
    }, body)
  end
  file:close()
  position = tonumber(arguments[2] or "0")
end

function request()
  if position >= #lines then
    exhausted = 1
    wrk.thread:stop()
    position = 0
  end
  position = position + 1
  return lines[position]
end

function done(summary, latency, requests)
  local failed = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "seconds": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, '
      .. '"refused": %d, "broken": %d, "exhausted": %d}',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    failed.status, failed.connect + failed.read + failed.write + failed.timeout,
    thread_of_run:get("exhausted")))
end
