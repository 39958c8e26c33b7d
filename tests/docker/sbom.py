"""`python -m tests.docker.sbom IMAGE FILE` lists what an image holds, as SPDX; syft is built once."""

import os
import sys
from pathlib import Path

from tests.docker.places import CACHE
from tests.support.programs import golang
from tests.support.programs.commands import Words, run
from tests.support.programs.errors import ProgramError

SYFT, SYFT_VERSION = "github.com/anchore/syft/cmd/syft", "v1.57.1"
SCAN_S = 600


def write_sbom(image: str, file: Path) -> None:
    """Raise `ProgramError` if the image is not there or syft cannot be built."""
    syft = golang.ensure("syft", SYFT, SYFT_VERSION, CACHE / "bin" / "syft")
    file.parent.mkdir(parents=True, exist_ok=True)
    command: Words = [syft, "scan", f"docker:{image}", "--output", f"spdx-json={file}", "--quiet"]
    run(command, timeout_s=SCAN_S, environment={"SYFT_CHECK_FOR_APP_UPDATE": "false", **os.environ})


if __name__ == "__main__":
    try:
        write_sbom(sys.argv[1], Path(sys.argv[2]))
    except ProgramError as error:
        sys.exit(str(error))
