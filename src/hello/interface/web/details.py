"""Details of the audit trail and data of events as text that people read; it is never HTML."""

import json
from collections.abc import Mapping
from typing import Any

CHANGE = {"from", "to"}
WORDS = {None: "nothing", True: "yes", False: "no"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def details_text(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names and the values of details; those of a change as `before → after`."""
    return [(name.replace("_", " "), value_text(value)) for name, value in details.items()]


def value_text(value: Any) -> str:  # noqa: ANN401  # as JSON has it
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, Mapping) and value.keys() == CHANGE:
        return f"{value_text(value['from'])} → {value_text(value['to'])}"
    return json.dumps(value, ensure_ascii=False)


def data_text(data: Any) -> str:  # noqa: ANN401  # as JSON has it
    return json.dumps(data, indent=2, ensure_ascii=False)


def duration_text(seconds: float) -> str:
    """Return `0.4 s`, `12 s`, `3 min`, `5 h` or `2 d`, rounded down."""
    if seconds < 1:
        return f"{int(seconds * 10) / 10} s"
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= 2 * unit_s:
            return f"{int(seconds // unit_s)} {unit}"
    return f"{int(seconds)} s"
