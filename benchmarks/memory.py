"""How much memory an API process has after millions of requests over connections that come and go.

Run `python -m benchmarks.memory [millions]`: reads and writes in turn, each time over new connections.
"""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.cores import placed
from benchmarks.database import open_database
from benchmarks.load import Cell, Scenario, load
from benchmarks.running import Running, started
from benchmarks.servers import all_servers

MILLIONS, CONNECTIONS, SECONDS, MILLION = 2.0, 128, 3, 1_000_000
RESIDENT = re.compile(r"VmRSS:\s+(\d+) kB")


def resident_mb(running: Running) -> float:
    """Return the resident set in MiB."""
    found = RESIDENT.search(Path(f"/proc/{running.process.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0


def main() -> None:
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else MILLIONS
    table = Table("requests", "connections so far", "resident MiB", title="One API process")
    with (
        placed(1, pinned=True) as placement,
        open_database() as database,
        started(all_servers()[0], placement, database) as running,
    ):
        requests, connections = 0.0, 0
        table.add_row("0", "0", f"{resident_mb(running):.1f}")
        while requests < millions * MILLION:
            for scenario in (Scenario.GET, Scenario.PUT):
                figure = load(running.port, Cell(scenario, CONNECTIONS), SECONDS, database.names)
                requests += figure.per_s * SECONDS
                connections += CONNECTIONS
            table.add_row(f"{requests:,.0f}", f"{connections}", f"{resident_mb(running):.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
