"""Commands and processes of local servers: quoted when they fail, and terminated."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.orphans import OrphanedServer
from hello.connectors.embedded.termination import terminate

KILL = ((signal.SIGKILL, 5.0),)


def shell(script: str, log: Path) -> Command:
    return Command(("/bin/sh", "-c", script), Account(), Log(log))


@pytest.mark.parametrize("content", ["", "none", "-1", "{me}\n/data\n", "999999999\n"])
def test_pid_file_of_another_process_stops_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.pid").write_text(content.format(me=os.getpid()))
    OrphanedServer(tmp_path / "server.pid", tmp_path / "data").stop(KILL)


def test_orphaned_server_is_found_by_its_argument(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo ready; read line", "sh", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as left:
        assert left.stdout
        assert left.stdout.readline()
        (tmp_path / "server.pid").write_text(f"{left.pid}\n")
        OrphanedServer(tmp_path / "server.pid", tmp_path).stop(KILL)
        assert left.wait() == -signal.SIGKILL


def test_process_that_ignores_a_signal_is_killed() -> None:
    script = 'trap "" INT; echo ready; read line'
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout
        assert stubborn.stdout.readline()
        terminate(stubborn.pid, lambda: stubborn.poll() is not None, ((signal.SIGINT, 0.05), *KILL))
        assert stubborn.returncode == -signal.SIGKILL


def test_a_failed_command_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"^sh failed: error: no \(log: .*\)$"):
        shell("echo 'error: no'; exit 1", tmp_path / "a.log").run(5)


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="sh failed"):
        shell(f"echo $$ > {tmp_path}/pid; sleep 60", tmp_path / "a.log").run(0.2)
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_command_sees_none_of_our_environment(tmp_path: Path) -> None:
    shell("env", tmp_path / "a.log").run(5)
    names = {line.split("=")[0] for line in (tmp_path / "a.log").read_text().splitlines()}
    assert names <= {"PATH", "LC_ALL", "PWD", "_", "OLDPWD", "SHLVL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
