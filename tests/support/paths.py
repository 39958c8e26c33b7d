"""Where the repository is: tests read files of it, and copy it."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
