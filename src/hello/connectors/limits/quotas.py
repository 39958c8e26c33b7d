"""Parse the settings `RATE_LIMIT_<GROUP>`, such as `60/minute`."""

from collections.abc import Mapping
from typing import TypeAlias

from limits import RateLimitItem, parse_many

from hello.core.settings import SettingsError

Quotas: TypeAlias = Mapping[str, RateLimitItem | None]
UNLIMITED = {"", "off"}
MAX_AMOUNT = 1_000_000_000
MAX_WINDOW_S = 366 * 24 * 3600


def read_quotas(texts: Mapping[str, str]) -> Quotas:
    """Parse the text of each group, `off` or empty for no limit; raise `SettingsError`."""
    return {group: read_quota(group, text.strip()) for group, text in texts.items()}


def read_quota(group: str, text: str) -> RateLimitItem | None:
    """Parse one quota, and name it after its group: the name is part of each key in the store."""
    if text in UNLIMITED:
        return None
    try:
        (quota,) = parse_many(text)
    except ValueError:
        raise invalid(group, "must be like 60/minute or 5/2 hours, or off") from None
    if not (0 < quota.amount <= MAX_AMOUNT and quota.get_expiry() <= MAX_WINDOW_S):
        raise invalid(group, f"must allow 1 to {MAX_AMOUNT} requests in at most a year")
    return type(quota)(quota.amount, quota.multiples, group)


def invalid(group: str, message: str) -> SettingsError:
    return SettingsError(f"RATE_LIMIT_{group.upper()}: {message}")
