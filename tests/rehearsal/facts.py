"""What the customers of a load know: the writes and orders that the service has acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.rehearsal.files import LoadFolder, Row, append, rows_of


@dataclass(slots=True)
class FactsWriter:
    """Keeps rows until `flush`; the rows of a name are in the order of its writes."""

    folder: LoadFolder
    rows: list[Row] = field(default_factory=list)

    def wrote(self, name: str, born: date, *, is_known: bool) -> None:
        """`is_known`: the write was acknowledged; else it may have taken effect or not."""
        self.rows.append({"name": name, "born": born.isoformat(), "known": is_known})

    def ordered(self, order_id: str, recipient: str) -> None:
        self.rows.append({"order": order_id, "recipient": recipient, "known": True})

    def may_have_ordered(self, key: str, recipient: str) -> None:
        self.rows.append({"order": key, "recipient": recipient, "known": False})

    def flush(self) -> None:
        rows, self.rows = self.rows, []
        append(self.folder.facts, rows)


@dataclass(slots=True)
class KnownFacts:
    """`born` has every value that a name may have: one, unless the outcome of a later write is unknown."""

    born: dict[str, set[date]] = field(default_factory=dict)
    writes: int = 0
    orders: dict[str, str] = field(default_factory=dict)
    """Recipients by the id of the order."""
    orders_answered: int = 0
    orders_unknown: int = 0

    def add(self, row: Row) -> None:
        if "name" in row:
            self._add_write(row["name"], date.fromisoformat(row["born"]), is_known=row["known"])
        elif row["known"]:
            self.orders_answered += 1
            self.orders[row["order"]] = row["recipient"]
        else:
            self.orders_unknown += 1

    def _add_write(self, name: str, born: date, *, is_known: bool) -> None:
        self.writes += is_known
        if is_known:
            self.born[name] = {born}
        else:
            self.born.setdefault(name, set()).add(born)


def known_facts(rows: Sequence[Row]) -> KnownFacts:
    facts = KnownFacts()
    for row in rows:
        facts.add(row)
    return facts


def read_facts(folder: LoadFolder) -> KnownFacts:
    return known_facts(rows_of(folder.facts))
