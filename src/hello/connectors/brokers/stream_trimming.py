"""Trim a Redis stream by entries and by bytes, first what every consumer group has confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

# XADD's MAXLEN would also drop what a group has not confirmed yet. Here the entry at the boundary stays.
# MEMORY USAGE measures every node: a sample of the oldest nodes says nothing about the newest.
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
local function older(id, other)
    if not other then return id end
    local ms, seq = parts(id)
    local other_ms, other_seq = parts(other)
    if ms < other_ms or (ms == other_ms and seq < other_seq) then return id end
    return other
end
local function measure()
    local bytes = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
    return type(bytes) == 'number' and bytes or UNKNOWN
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
        local max_count = math.max(surplus, NODE_ENTRIES)
        local count = redis.call('XTRIM', key, 'MINID', '~', boundary, 'LIMIT', max_count)
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
    """Unconfirmed entries of `groups` are never dropped; `kept` is how many confirmed entries stay."""

    kept: int
    max_bytes: int
    groups: Collection[str]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The bytes left, and how many entries were dropped before other groups confirmed them.

    `size` is -1 if Redis forbids `MEMORY USAGE`; then only the number of entries is bounded.
    """

    size: int
    dropped: int


async def trim(client: Any, stream: str, bounds: StreamBounds, limit: int) -> Trimmed:  # noqa: ANN401
    """Trim to `limit` bytes, or to what the groups of `bounds` have not confirmed."""
    size, dropped = await client.eval(TRIM, 1, stream, bounds.kept, limit, *bounds.groups)
    return Trimmed(size, dropped)
