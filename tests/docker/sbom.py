"""`python -m tests.docker.sbom` builds syft, which lists what an image holds."""

import sys

from tests.docker.places import cache_locked
from tests.docker.programs import ensure_syft
from tests.support.programs.errors import ProgramError

if __name__ == "__main__":
    try:
        with cache_locked():
            ensure_syft()
    except ProgramError as error:
        sys.exit(str(error))
