"""The command line."""

from pathlib import Path

import pytest
from benchmarks.routes.__main__ import parse
from benchmarks.routes.tokens import token_contract


def test_a_part_can_be_chosen() -> None:
    arguments = [
        "--only",
        "hello-on,rust",
        "--routes",
        "item,me",
        "--connections",
        "32",
        "--rounds",
        "1",
        "--seconds",
        "2",
    ]
    options = parse(arguments, token_contract())
    plan = options.plan
    assert [server.name for server in plan.servers] == ["hello-on", "rust"]
    assert [route.name for route in plan.routes] == ["item", "me"]
    assert (plan.connections, plan.rounds, plan.seconds, options.write) == ([32], 1, 2, None)


def test_everything_is_measured_by_default() -> None:
    plan = parse([], token_contract()).plan
    assert [server.name for server in plan.servers] == ["hello-on", "hello-off", "go", "go-batching", "rust"]
    assert (len(plan.routes), plan.connections) == (17, [1, 32, 128])


def test_a_folder_may_be_written_into(tmp_path: Path) -> None:
    assert parse(["--write", str(tmp_path)], token_contract()).write == tmp_path


@pytest.mark.parametrize("arguments", [["--only", "java"], ["--routes", "nothing"], ["--rounds", "0"]])
def test_what_does_not_exist_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(arguments, token_contract())
