"""Opaque cursors for keyset pagination: the end of the last page, signed against forgery."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

SIGNATURE_BYTES = 16
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cursors:
    """`secret` is the same in all replicas."""

    secret: bytes

    def seal(self, *parts: str) -> str:
        text = "\n".join(parts).encode()
        return encode(self._sign(text) + text)

    def open(self, cursor: str) -> list[str]:
        """Raise `ValueError` for a cursor that this service did not sign."""
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        signature, text = sealed[:SIGNATURE_BYTES], sealed[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(text)) or encode(sealed) != cursor:
            raise ValueError("not a cursor of ours")
        return text.decode().split("\n")

    def open_as(self, cursor: str, *kind: str) -> list[str]:
        """Return what was sealed after `kind`; raise `ValueError` also for a cursor of another kind."""
        parts = self.open(cursor)
        if tuple(parts[: len(kind)]) != kind:
            raise ValueError("a cursor of another kind")
        return parts[len(kind) :]

    def _sign(self, text: bytes) -> bytes:
        return hmac.digest(self.secret, b"cursor\n" + text, "sha256")[:SIGNATURE_BYTES]


def encode(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """Return at most `limit` rows, and whether there are more: ask for `limit + 1` to know."""
    return rows[:limit], len(rows) > limit
