"""Which Java development kit runs a server, and what is said where there is none."""

from pathlib import Path

import pytest

from tests.support.programs.errors import ProgramError
from tests.support.programs.jdk import find_jdk

PROGRAMS = ("java", "javac")


def make_jdk(folder: Path, version: str, programs: tuple[str, ...] = PROGRAMS) -> Path:
    (folder / "bin").mkdir(parents=True)
    for program in programs:
        (folder / "bin" / program).touch()
    (folder / "release").write_text(f'IMPLEMENTOR="Tests"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.fixture
def kits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Java 8, 17 and 25, and a 21 without a compiler."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    make_jdk(tmp_path / "eight", "1.8.0_402")
    make_jdk(tmp_path / "seventeen", "17.0.15")
    make_jdk(tmp_path / "no-compiler", "21.0.2", ("java",))
    make_jdk(tmp_path / "twenty-five", "25")
    return tmp_path


@pytest.mark.parametrize(
    ("majors", "name"),
    [((25,), "twenty-five"), ((17, 25), "seventeen"), ((21, 17), "seventeen"), ((8,), "eight")],
)
def test_preferred_version_is_found(kits: Path, majors: tuple[int, ...], name: str) -> None:
    assert find_jdk("It", majors, kits).home.name == name


def test_java_home_wins_over_others_of_its_version(
    kits: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_jdk(tmp_path_factory.mktemp("home"), "25.0.3")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_jdk("It", (25,), kits).home == home
    assert find_jdk("It", (17,), kits).home.name == "seventeen"


def test_missing_version_says_what_to_install(kits: Path) -> None:
    with pytest.raises(ProgramError, match=r"It needs a JDK 24 or 21: .*openjdk-24-jdk-headless.*JAVA_HOME"):
        find_jdk("It", (24, 21), kits)
