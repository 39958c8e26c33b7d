"""Where things lie: the repository, and in it one folder for all that git does not keep."""

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = HERE / "peers"
CACHE = ROOT / ".bench"
