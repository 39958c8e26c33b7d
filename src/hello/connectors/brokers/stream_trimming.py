"""Trimming a Redis stream, by entries and by bytes: first what every consumer group has confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

# XADD's own MAXLEN would also drop what a group has not confirmed yet. Here the entry at the boundary stays.
# MEMORY USAGE measures every node: a sample of the oldest says nothing of the newest.
TRIM = """
local LATEST = '18446744073709551615-18446744073709551615'
local NODE_ENTRIES, UNKNOWN = 100, -1
local key, kept, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local is_ours = {}
for index = 3, #ARGV do is_ours[ARGV[index]] = true end

local function parts(id)
    local ms, seq = id:match('(%d+)-(%d+)')
    return tonumber(ms), tonumber(seq)
end
local function older(one, other)
    if not other then return one end
    local ms, seq = parts(one)
    local other_ms, other_seq = parts(other)
    if ms < other_ms or (ms == other_ms and seq < other_seq) then return one end
    return other
end
local function measure()
    local answer = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
    return type(answer) == 'number' and answer or UNKNOWN
end

if redis.call('EXISTS', key) == 0 then return {0, 0} end
local needed_by_any, needed_by_ours
for _, fields in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local group = {}
    for index = 1, #fields, 2 do group[fields[index]] = fields[index + 1] end
    local needed = group['last-delivered-id']
    if group['pending'] > 0 then needed = redis.call('XPENDING', key, group['name'])[2] end
    needed_by_any = older(needed, needed_by_any)
    if is_ours[group['name']] then needed_by_ours = older(needed, needed_by_ours) end
end

if redis.call('XLEN', key) > kept then
    if needed_by_any then redis.call('XTRIM', key, 'MINID', '~', needed_by_any)
    else redis.call('XTRIM', key, 'MAXLEN', '~', kept) end
end

local size = measure()
local function shrink(boundary)
    local removed = 0
    while size > limit do
        local surplus = math.ceil(redis.call('XLEN', key) * (size - limit) / size)
        local most = math.max(surplus, NODE_ENTRIES)
        local count = redis.call('XTRIM', key, 'MINID', '~', boundary, 'LIMIT', most)
        if count == 0 then break end
        removed, size = removed + count, measure()
    end
    return removed
end
shrink(needed_by_any or LATEST)
local dropped = shrink(needed_by_ours or LATEST)
return {size, dropped}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBounds:
    """`groups` are those whose unconfirmed entries are never dropped; `kept` counts confirmed entries."""

    kept: int
    max_bytes: int
    groups: Collection[str]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The bytes that are left, and how many entries were dropped before other groups confirmed them.

    `size` is -1 where Redis forbids `MEMORY USAGE`: only entries are bounded then.
    """

    size: int
    dropped: int


async def trim(client: Any, stream: str, bounds: StreamBounds, limit: int) -> Trimmed:  # noqa: ANN401
    """Leave at most `limit` bytes, or what the groups of `bounds` have not confirmed."""
    size, dropped = await client.eval(TRIM, 1, stream, bounds.kept, limit, *bounds.groups)
    return Trimmed(size, dropped)
