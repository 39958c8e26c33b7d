"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ROOT / "docs" / "site"
BUILD = ROOT / ".docs"
SOURCE = BUILD / "source"
SITE = BUILD / "site"
