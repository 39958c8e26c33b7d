"""Directories of local servers: private, locked, and removed only if created here."""

import os
from pathlib import Path

import pytest

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.directories import ensure_directory
from hello.connectors.embedded.errors import EmbeddedError, explained
from hello.connectors.embedded.home import fits
from hello.connectors.embedded.lock import only_instance
from hello.connectors.embedded.relocation import refuse_moved, write_location
from hello.connectors.embedded.removal import destroy


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
    write_location(here, there)
    refuse_moved(here, there)
    with pytest.raises(EmbeddedError, match="was moved"):
        refuse_moved(here, new)
    there.rmdir()
    refuse_moved(here, new)
