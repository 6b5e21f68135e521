import { scriptOf } from './script.ts'

/*
 * Both scripts get two keys for each limit:
 *   counter  window: a hash of `id`, who began it, and `used`; it expires when the window is over
 *            held, budget: a hash of leases, `<claim>:<index>` -> `<amount> <end>`, with their sum in `sum`,
 *            their number in `count` and the earliest end there may be in `next`
 *   spent    budget: what each gateway says it spent, by its id
 *
 * Amounts are doubles, as in JavaScript, and are written with 17 digits, so that none is lost: sums of
 * money are exact to a millionth of a cent far beyond any budget. A sum of leases starts at 0 again
 * whenever there are none, so rounding cannot pile up. The time is Redis's own, one for all gateways.
 */
const COMMON = `
local function text(number) return string.format('%.17g', number) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Takes out one lease, or forgets them all with the last one.
local function release(key, id, amount)
  redis.call('HDEL', key, id)
  if redis.call('HINCRBY', key, 'count', -1) < 1 then redis.call('DEL', key)
  else redis.call('HSET', key, 'sum', text(math.max(0, tonumber(redis.call('HGET', key, 'sum')) - amount))) end
end

-- Ends the leases of those that died.
local function sweep(key)
  local following = tonumber(redis.call('HGET', key, 'next') or 'inf')
  if now < following then return end
  following = nil
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local amount, ends = string.match(fields[i + 1], '^(%S+) (%S+)$')
    if ends then
      ends = tonumber(ends)
      if ends <= now then release(key, fields[i], tonumber(amount))
      elseif not following or ends < following then following = ends end
    end
  end
  if following then redis.call('HSET', key, 'next', text(following)) end
end
`

/** Money that nobody asked about for so long is no longer counted: 90 days, in milliseconds. */
const SPENT_LIFE_MS = 90 * 24 * 60 * 60 * 1_000

/**
 * Checks every limit, then counts against all of them, or against none.
 *
 * ARGV: claim id, gateway id, life of a lease and length of a window in milliseconds; then for each limit
 * kind, limit (empty for none), amount, spent. Replies with the index of the limit that is used up, from
 * 1, or 0; then for each limit what is used, when its window is over (-1 for none) and who began it.
 */
export const CLAIM = scriptOf(`${COMMON}
local claim, gateway, life, window = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local function usedOf(kind, counter, spent)
  if kind == 'window' then return tonumber(redis.call('HGET', counter, 'used') or 0) end
  sweep(counter)
  local used = tonumber(redis.call('HGET', counter, 'sum') or 0)
  if kind == 'budget' then
    for _, dollars in ipairs(redis.call('HVALS', spent)) do used = used + tonumber(dollars) end
  end
  return used
end

local function count(kind, counter, amount, index)
  if kind == 'window' then
    local isNew = redis.call('HSETNX', counter, 'id', claim) == 1
    redis.call('HSET', counter, 'used', text(tonumber(redis.call('HGET', counter, 'used') or 0) + amount))
    if isNew then redis.call('PEXPIRE', counter, window) end
    return
  end
  local ends = now + life
  redis.call('HSET', counter, claim .. ':' .. index, text(amount) .. ' ' .. text(ends))
  redis.call('HSET', counter, 'sum', text(tonumber(redis.call('HGET', counter, 'sum') or 0) + amount))
  redis.call('HINCRBY', counter, 'count', 1)
  if ends < tonumber(redis.call('HGET', counter, 'next') or 'inf') then
    redis.call('HSET', counter, 'next', text(ends))
  end
  if redis.call('PTTL', counter) < life then redis.call('PEXPIRE', counter, life) end
end

local reply = {0}
local limits = #KEYS / 2
for i = 1, limits do
  local kind, limit = ARGV[i * 4 + 1], ARGV[i * 4 + 2]
  local counter, spent = KEYS[i * 2 - 1], KEYS[i * 2]
  if kind == 'budget' then
    redis.call('HSET', spent, gateway, ARGV[i * 4 + 4])
    redis.call('PEXPIRE', spent, ${SPENT_LIFE_MS})
  end
  local used = usedOf(kind, counter, spent)
  if reply[1] == 0 and limit ~= '' and used >= tonumber(limit) then reply[1] = i end
  reply[i * 3 - 1] = used
end
for i = 1, limits do
  local kind, amount, counter = ARGV[i * 4 + 1], tonumber(ARGV[i * 4 + 3]), KEYS[i * 2 - 1]
  local used = reply[i * 3 - 1]
  if reply[1] == 0 then
    count(kind, counter, amount, i)
    used = used + amount
  end
  reply[i * 3 - 1] = text(used)
  local left = redis.call('PTTL', counter)
  reply[i * 3] = kind ~= 'window' and -1 or left < 0 and window or left
  reply[i * 3 + 1] = kind == 'window' and redis.call('HGET', counter, 'id') or ''
end
return reply
`)

/**
 * Puts what was used in place of what was set aside.
 *
 * ARGV: claim id, gateway id; then for each limit kind, amount, used, spent (empty where it is not to be
 * told) and who began the window.
 */
export const SETTLE = scriptOf(`${COMMON}
local claim, gateway = ARGV[1], ARGV[2]
for i = 1, #KEYS / 2 do
  local kind, amount, used = ARGV[i * 5 - 2], tonumber(ARGV[i * 5 - 1]), tonumber(ARGV[i * 5])
  local counter, spent = KEYS[i * 2 - 1], KEYS[i * 2]
  if kind == 'window' then
    if redis.call('HGET', counter, 'id') == ARGV[i * 5 + 2] then
      local sum = tonumber(redis.call('HGET', counter, 'used')) - amount + used
      redis.call('HSET', counter, 'used', text(math.max(0, sum)))
    end
  else
    sweep(counter)
    local id = claim .. ':' .. i
    if redis.call('HEXISTS', counter, id) == 1 then release(counter, id, amount) end
    if kind == 'budget' and ARGV[i * 5 + 1] ~= '' then
      redis.call('HSET', spent, gateway, ARGV[i * 5 + 1])
      redis.call('PEXPIRE', spent, ${SPENT_LIFE_MS})
    end
  end
end
return 1
`)
