"""The changes of an order, in order, each with the order as it was then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hello.core.clock import rfc3339
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import Order, OrderMove, change_type


@dataclass(frozen=True, slots=True)
class OrderChange:
    """`order` is what its customer might know at `version`, as JSON has it."""

    version: int
    type: str
    order: Mapping[str, Any]


def changes_of(order: Order, replaced: Sequence[OrderRevision], after: int, until: int) -> list[OrderChange]:
    """Return the changes after version `after`, up to `until`; `replaced` are all revisions after it.

    An order from before revisions were kept does not know when its lines were changed: that is left out.
    """
    made = {move.version: move.at for move in order.history} | {one.version: one.at for one in replaced}
    versions = sorted(version for version in made if after < version <= until)
    present = order.public()
    changes = []
    for version in versions:
        moves = [move for move in order.history if move.version <= version]
        contents = next((one.contents() for one in replaced if one.version > version), {})
        past = past_of(moves, version, made[version])
        kind = change_type(moves[-1] if moves[-1].version == version else None)
        changes.append(OrderChange(version, kind, {**present, **contents, **past}))
    return changes


def past_of(moves: Sequence[OrderMove], version: int, at: datetime) -> Mapping[str, Any]:
    """Return what has grown since, as it was."""
    return {
        "status": moves[-1].status,
        "version": version,
        "updated_at": rfc3339(at),
        "history": [move.public() for move in moves],
    }
