"""Logs of local servers: the last error, which explains a failure."""

import os
from pathlib import Path

import pytest

from hello.connectors.embedded.log import LARGE_BYTES, Log


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
        (["", " "], "no output"),
    ],
)
def test_last_error_of_a_log_explains_the_failure(tmp_path: Path, lines: list[str], words: str) -> None:
    log = Log(tmp_path / "a.log")
    log.path.write_text("FATAL:  from before\n")
    since = log.mark()
    with log.path.open("a") as file:
        file.write("\n".join(lines))
    assert log.last_error(since) == f"{words} (log: {log.path})"


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
