"""The names of metrics in an expression of PromQL."""

import re

STRING = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
BRACED = re.compile(r"\{[^}]*\}|\[[^]]*\]")
LABELS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])")
WORDS = {
    *(
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    ),
    *("inf", "nan", "start", "end"),
}


def metric_names(expression: str) -> set[str]:
    for noise in (STRING, BRACED, LABELS):
        expression = noise.sub(" ", expression)
    return {name for name in NAME.findall(expression) if name.lower() not in WORDS}
