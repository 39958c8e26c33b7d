"""One folder of the repository for what tests fetch, which git ignores."""

from tests.support.paths import REPOSITORY

CACHE = REPOSITORY / ".brokers"
