"""Lock the dependencies with hashes, or `--check` that the locks still fit `pyproject.toml`."""

import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent / "pyproject.toml"
EXTRAS = ["--extra=search", "--extra=tracing"]
EMBEDDED = ["--extra=embedded", *EXTRAS, f"--group={PROJECT}:build"]
LOCKS = {
    "production.txt": [str(PROJECT), *EXTRAS],
    "embedded.txt": [str(PROJECT), *EMBEDDED, "--constraints=production.txt"],
    "dev.txt": [str(PROJECT), *EMBEDDED, f"--group={PROJECT}:dev", "--constraints=embedded.txt"],
    "mutation.txt": [
        str(PROJECT),
        *EMBEDDED,
        f"--group={PROJECT}:dev",
        f"--group={PROJECT}:mutation",
        "--constraints=dev.txt",
    ],
    "docs.txt": [f"--group={PROJECT}:docs", "--constraints=dev.txt"],
}
OPTIONS = [
    "--system-certs",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-strip-extras",
    "--quiet",
]


def lock(folder: Path, *more: str) -> None:
    """Keep the pins that stand in `folder` already; a later lock agrees with the one before it."""
    for name, options in LOCKS.items():
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            *OPTIONS,
            *options,
            *more,
            f"--output-file={name}",
        ]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def check() -> bool:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in LOCKS:
            shutil.copy(HERE / name, folder)
        lock(folder)
        return True in [differs(HERE / name, folder / name) for name in LOCKS]


def differs(old: Path, new: Path) -> bool:
    lines = list(difflib.unified_diff(old.read_text().splitlines(), new.read_text().splitlines(), n=0))
    if lines:
        sys.stderr.write(
            f"requirements/{old.name} is out of date, run `make lock`:\n" + "\n".join(lines) + "\n"
        )
    return bool(lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    lock(HERE, *sys.argv[1:])
