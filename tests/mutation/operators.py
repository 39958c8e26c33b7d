"""What is broken beside mutmut's own list: a call that is left out loses an event, a row or a check."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import libcst as cst
from mutmut.mutation import mutators

Operator: TypeAlias = Callable[[Any], Iterable[cst.CSTNode]]
PROSE = re.compile(r"[^\W\d_]+ [^\W\d_]+")


def leave_out_call(node: cst.Expr) -> Iterable[cst.CSTNode]:
    """Do nothing where a call stands whose result is not used."""
    value = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if isinstance(value, cst.Call):
        yield cst.Pass()


def leave_out_raise(_: cst.Raise) -> Iterable[cst.CSTNode]:
    yield cst.Pass()


def is_prose(node: cst.CSTNode) -> bool:
    """Say whether it is a text for people, or a statement of SQL: another wording is no fault."""
    return isinstance(node, cst.SimpleString | cst.FormattedString) and bool(PROSE.search(source_of(node)))


def source_of(node: cst.CSTNode) -> str:
    return str(cst.Module([]).code_for_node(node))


def but_prose(operator: Operator) -> Operator:
    """Leave texts as they are, alone or as an argument."""

    def mutants(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
        if is_prose(node):
            return
        texts = [arg for arg in getattr(node, "args", ()) if is_prose(arg.value)]
        for mutant in operator(node):
            kept = getattr(mutant, "args", ())
            if all(any(text is arg for arg in kept) for text in texts):
                yield mutant

    return mutants


def install() -> None:
    """Replace the tool's list, which it reads when it breaks a file."""
    mutators.mutation_operators[:] = [
        *((kind, but_prose(operator)) for kind, operator in mutators.mutation_operators),
        (cst.Expr, leave_out_call),
        (cst.Raise, leave_out_raise),
    ]
