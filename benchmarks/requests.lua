-- What wrk sends, and one line of figures at the end.
--
-- Arguments, after `--`: the kind of request, the number of the run, the number of resources
-- (of a list: of pages or categories), the stride by which resources are walked, the content with
-- ten zeros for its version (of a list: its target with an @ for the page or category; of a move:
-- with @@@@@ for the author as well; of a record: with ###### for the number in its slug).
-- benchmarks/works.py and benchmarks/related.py count and name alike.

local COLLECTION = "/articles/"
local ZEROS = "0000000000"
local AUTHOR, FIRST_AUTHOR, ARTICLES_EACH = "@@@@@", 10001, 10
local NUMBER = "######"

-- Each maker gives a function that gives a request, or none where all requests are the same.
local makers = {}

function makers.hot()
   wrk.path = COLLECTION .. "1"
end

makers.revalidate = makers.hot

function makers.get(_, resources, stride)
   local ready = {}
   for key = 1, resources do
      ready[key] = wrk.format("GET", COLLECTION .. key)
   end
   local turn = -1
   return function()
      turn = turn + 1
      return ready[turn * stride % resources + 1]
   end
end

function makers.post(run, _, _, content)
   wrk.method, wrk.path = "POST", COLLECTION:sub(1, -2)
   wrk.body = content:gsub(ZEROS, ("%05d%05d"):format(run, 0))
end

-- A request is put together from the three parts around its name and its version: cheaper
-- than formatting it, and smaller than keeping one for each resource.
local function parts(content)
   local text = wrk.format("PUT", COLLECTION .. "@@", nil, content)
   local name = text:find("@@", 1, true)
   local zeros = text:find(ZEROS, name, true)
   return text:sub(1, name - 1), text:sub(name + 2, zeros - 1), text:sub(zeros + #ZEROS)
end

-- Each lap over the resources has a version of its own: no PUT finds its own bytes there.
function makers.put(run, resources, stride, content)
   local before, between, after = parts(content)
   local turn, lap, rest = -1, -1, nil
   return function()
      turn = turn + 1
      if turn % resources == 0 then
         lap = lap + 1
         rest = between .. ("%05d%05d"):format(run, lap) .. after
      end
      return before .. (turn * stride % resources + 1) .. rest
   end
end

-- Each PUT names another author than the article has: see benchmarks/related.py.
function makers.move(run, resources, stride, content)
   local before, between, after = parts(content)
   local to_author, from_author = between:match("^(.*)" .. AUTHOR .. "(.*)$")
   local authors = resources / ARTICLES_EACH
   local turn, lap, moved_on, rest = -1, -1, nil, nil
   return function()
      turn = turn + 1
      if turn % resources == 0 then
         lap = lap + 1
         moved_on = 1 + 2 * (run % 2) + lap % 2
         rest = from_author .. ("%05d%05d"):format(run, lap) .. after
      end
      local place = turn * stride % resources
      local author = FIRST_AUTHOR + (math.floor(place / ARTICLES_EACH) + moved_on) % authors
      return before .. (place + 1) .. to_author .. author .. rest
   end
end

-- Each PUT gives a slug that no other article has or had.
function makers.record(run, resources, stride, content)
   local text = wrk.format("PUT", COLLECTION .. "@@", nil, content)
   local before, to_number, after = text:match("^(.-)@@(.*)" .. NUMBER .. "(.*)$")
   local turn, lap, rest = -1, -1, nil
   return function()
      turn = turn + 1
      if turn % resources == 0 then
         lap = lap + 1
         rest = after:gsub(ZEROS, ("%05d%05d"):format(run, lap))
      end
      local number = turn * stride % resources + 1
      return before .. number .. to_number .. ("%06d"):format(number) .. rest
   end
end

function makers.create(run, _, _, content)
   local before, between, after = parts(content)
   local rest = between .. ("%05d%05d"):format(run, 0) .. after
   local named = before .. "new-" .. run .. "-"
   local turn = -1
   return function()
      turn = turn + 1
      return named .. turn .. rest
   end
end

-- Chosen at random, and not walked: neighbours in the order may be cheaper.
function makers.page(run, choices, _, target)
   local ready = {}
   for choice = 1, choices do
      ready[choice] = wrk.format("GET", (target:gsub("@", choice)))
   end
   math.randomseed(run)
   return function()
      return ready[math.random(choices)]
   end
end

makers.filter = makers.page

function init(arguments)
   local kind, run, choices, stride, content = unpack(arguments)
   -- A global `request` is called for each request: none is set where all are the same.
   request = makers[kind](tonumber(run), tonumber(choices), tonumber(stride), content)
   if request == nil then
      local text = wrk.format()
      wrk.request = function() return text end
   end
end

function done(summary, latency)
   local errors = summary.errors
   io.write(("figures requests=%d microseconds=%d p50=%d p99=%d status=%d broken=%d\n"):format(
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write
   ))
end
