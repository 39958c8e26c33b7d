"""Programs from Go modules: built in a module of their own, which takes what `go install` refuses."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.programs.commands import path_of, run
from tests.support.programs.progress import say

BUILD_S = 1800
GO_MOD = "module tool\n\ngo 1.24\n"


def ensure(name: str, package: str, version: str, program: Path, stamp: str = "") -> Path:
    """Build it unless it is there; raise `ProgramError` as `build` does."""
    if not program.exists():
        say(f"building {name}")
        build(package, version, program, stamp)
    return program


def build(package: str, version: str, program: Path, stamp: str = "", replaced: Sequence[str] = ()) -> None:
    """Build the package as `program`, which appears only complete.

    `stamp` is a variable for the version, and `replaced` what stands right of `replace` in `go.mod`. Raise
    `ProgramError` if Go is missing or the build fails.
    """
    go = path_of("go", "golang")
    linked = "-s -w" + (f" -X {stamp}={version}" if stamp else "")
    program.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=program.parent) as folder:
        (Path(folder) / "go.mod").write_text(GO_MOD + "".join(f"replace {line}\n" for line in replaced))
        run([go, "-C", folder, "get", "-tool", f"{package}@{version}"], timeout_s=BUILD_S)
        fresh = Path(folder, "program")
        run([go, "-C", folder, "build", "-ldflags", linked, "-o", fresh, package], timeout_s=BUILD_S)
        fresh.rename(program)
