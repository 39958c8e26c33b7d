"""The commands of `hello`, whose modules are imported only when one of them is called."""

import pytest

from hello.entrypoints.cli.main import COMMANDS, commands_of


@pytest.mark.parametrize("module", COMMANDS)
def test_every_command_of_a_module_is_known(module: str) -> None:
    assert sorted(commands_of(module)) == sorted(COMMANDS[module])
