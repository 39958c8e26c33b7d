"""The parts of the local servers that need no server."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.directories import ensure_directory
from hello.connectors.embedded.ending import end
from hello.connectors.embedded.errors import EmbeddedError, explained
from hello.connectors.embedded.home import fits
from hello.connectors.embedded.leftover import Leftover
from hello.connectors.embedded.lock import only_instance
from hello.connectors.embedded.log import LARGE_BYTES, Log
from hello.connectors.embedded.note import refuse_moved, write_note
from hello.connectors.embedded.removal import destroy

KILL = ((signal.SIGKILL, 5.0),)


def shell(script: str, log: Path) -> Command:
    return Command(("/bin/sh", "-c", script), Account(), Log(log))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["2026-01-01 00:00:00.000 UTC [1] LOG:  hello", "2026-01-01 00:00:00.001 UTC [1] FATAL:  no"],
            "FATAL: no",
        ),
        (["initdb: error: no space", "", "removing data directory"], "initdb: error: no space"),
        (
            ["/bin/postgres: could not access /data: No such file", "Run initdb"],
            "/bin/postgres: could not access /data: No such file",
        ),
        (["PANIC:  bad", "DETAIL:  It is.", "LOG:  shut down"], "PANIC: bad DETAIL: It is."),
        (["1:M 01 Jan 2026 00:00:00.000 # Failed opening socket"], "Failed opening socket"),
        (["", " "], "it said nothing"),
    ],
)
def test_last_words_of_a_log_explain_the_failure(tmp_path: Path, lines: list[str], words: str) -> None:
    log = Log(tmp_path / "a.log")
    log.path.write_text("FATAL:  from before\n")
    since = log.mark()
    with log.path.open("a") as file:
        file.write("\n".join(lines))
    assert log.last_words(since) == f"{words} (log: {log.path})"


def test_log_finds_text_before_later_lines(tmp_path: Path) -> None:
    log = Log(tmp_path / "a.log")
    log.path.write_text("FATAL:  still in use\nFATAL:  an orphan goes\n")
    assert log.says("still in use", since=0)
    assert not log.says("still in use", since=log.mark())


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = Log(tmp_path / "a.log")
    log.path.touch()
    os.truncate(log.path, LARGE_BYTES + 1)
    assert log.mark() == 0
    assert (tmp_path / "a.log.old").stat().st_size > LARGE_BYTES


@pytest.mark.parametrize(
    ("run", "fit"),
    [("/a/run", True), ("/" + "x" * 88, True), ("/" + "x" * 89, False), ("/a b/run", False), ("/a,b", False)],
)
def test_only_short_and_plain_socket_paths_fit(run: str, *, fit: bool) -> None:
    assert fits(Path(run)) is fit


def test_a_directory_is_private_and_kept(tmp_path: Path) -> None:
    for _ in range(2):
        ensure_directory(tmp_path / "run", Account())
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o700]


def test_a_directory_open_to_others_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    with pytest.raises(EmbeddedError, match="mode 755, not to"):
        ensure_directory(tmp_path / "run", Account())
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755


def test_a_link_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to("/")
    with pytest.raises(EmbeddedError, match="in the way"):
        ensure_directory(tmp_path / "run", Account())


def test_os_error_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError) as caught, explained():
        (tmp_path / "missing").read_text()
    assert str(caught.value) == f"cannot use {tmp_path}/missing: No such file or directory"


def test_second_instance_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(EmbeddedError, match=rf"\(pid {os.getpid()}\)$")
    with only_instance(tmp_path), refused, only_instance(tmp_path):
        pytest.fail("two at once")
    with only_instance(tmp_path):
        pass


def test_foreign_lock_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("mine")
    with pytest.raises(EmbeddedError, match="in the way"), only_instance(tmp_path):
        pytest.fail("it was taken")
    assert (tmp_path / "lock").read_text() == "mine"


def test_destroy_removes_only_created_directories(tmp_path: Path) -> None:
    for name in ("run", "postgres", "mine"):
        (tmp_path / name).mkdir()
    destroy(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    with only_instance(tmp_path):
        pass
    destroy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_moved_directory_is_refused_while_its_data_is_elsewhere(tmp_path: Path) -> None:
    here, there, new = tmp_path / "here", tmp_path / "there", tmp_path / "new"
    for path in (here, there):
        path.mkdir()
    write_note(here, there)
    refuse_moved(here, there)
    with pytest.raises(EmbeddedError, match="was moved"):
        refuse_moved(here, new)
    there.rmdir()
    refuse_moved(here, new)


@pytest.mark.parametrize("content", ["", "none", "-1", "{me}\n/data\n", "999999999\n"])
def test_pid_file_of_another_process_stops_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.pid").write_text(content.format(me=os.getpid()))
    Leftover(tmp_path / "server.pid", tmp_path / "data").stop(KILL)


def test_leftover_server_is_found_by_its_argument(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo ready; read line", "sh", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as left:
        assert left.stdout
        assert left.stdout.readline()
        (tmp_path / "server.pid").write_text(f"{left.pid}\n")
        Leftover(tmp_path / "server.pid", tmp_path).stop(KILL)
        assert left.wait() == -signal.SIGKILL


def test_process_that_ignores_a_signal_is_killed() -> None:
    script = 'trap "" INT; echo ready; read line'
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout
        assert stubborn.stdout.readline()
        end(stubborn.pid, lambda: stubborn.poll() is not None, ((signal.SIGINT, 0.05), *KILL))
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
