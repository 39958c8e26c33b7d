"""Generate two clients from the description, compile them, and use them on a running service."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.http.running import HELLO, running_hello

HERE = Path(__file__).parent
Client = Callable[[str], None]


def main(folder: Path) -> None:
    document = folder / "openapi.json"
    document.write_bytes(subprocess.run([*HELLO, "openapi"], check=True, stdout=subprocess.PIPE).stdout)
    clients = python_client(folder, document), typescript_client(folder, document)
    with tempfile.TemporaryDirectory() as data, running_hello(Path(data)) as hello:
        for name, use in zip(("Python", "TypeScript"), clients, strict=True):
            use(hello.url)
            sys.stdout.write(f"The {name} client works.\n")


def python_client(folder: Path, document: Path) -> Client:
    """Let mypy read the generated code, not only the calls of it."""
    programs, package = folder.absolute() / "venv" / "bin", folder.absolute() / "python" / "hello_client"
    run(
        *(programs / "openapi-python-client", "generate", "--path", document, "--output-path", package),
        *("--meta", "none", "--overwrite", "--config", HERE / "python_client.yaml"),
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    found = {"MYPYPATH": str(package.parent), "PYTHONPATH": str(package.parent)}
    script = HERE / "round_trip.py"
    run(programs / "mypy", "--config-file", HERE / "mypy.ini", "-p", "hello_client", **found)
    run(programs / "mypy", "--config-file", HERE / "mypy.ini", script, **found)
    return lambda url: run(programs / "python", script, url, **found)


def typescript_client(folder: Path, document: Path) -> Client:
    programs, sources = folder.absolute() / "node_modules" / ".bin", folder / "typescript"
    sources.mkdir(exist_ok=True)
    for name in ("round_trip.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, sources)
    run(programs / "openapi-typescript", document, "--output", sources / "schema.ts")
    run(programs / "tsc", "--project", sources)
    return lambda url: run("node", sources / "built" / "round_trip.js", url)


def run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, env=os.environ | environment, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
