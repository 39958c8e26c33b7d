"""What the settings `RATE_LIMIT_<GROUP>` mean, such as `60/minute`."""

from collections.abc import Mapping
from typing import TypeAlias

from limits import RateLimitItem, parse_many

from hello.core.settings import SettingsError

Quotas: TypeAlias = Mapping[str, RateLimitItem | None]
UNLIMITED = {"", "off"}
MOST = 1_000_000_000
MAX_S = 366 * 24 * 3600


def read_quotas(texts: Mapping[str, str]) -> Quotas:
    """Read the text of each group, `off` or empty for no limit; raise `SettingsError`."""
    return {group: read_quota(group, text.strip()) for group, text in texts.items()}


def read_quota(group: str, text: str) -> RateLimitItem | None:
    """Name the quota after its group, since its name is a part of every key that it counts under."""
    if text in UNLIMITED:
        return None
    try:
        (quota,) = parse_many(text)
    except ValueError:
        raise wrong(group, "must be like 60/minute or 5/2 hours, or off") from None
    if not (0 < quota.amount <= MOST and quota.get_expiry() <= MAX_S):
        raise wrong(group, f"must allow 1 to {MOST} in a year at most")
    return type(quota)(quota.amount, quota.multiples, group)


def wrong(group: str, message: str) -> SettingsError:
    return SettingsError(f"RATE_LIMIT_{group.upper()}: {message}")
