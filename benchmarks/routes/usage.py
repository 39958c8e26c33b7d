"""What processes have used: CPU time and memory, as the kernel counts them."""

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.family import PROC, family_of, fields_of

CPU_TIMES = slice(11, 15)  # of /proc/<pid>/stat after the name: own and of ended children, user and system
RESIDENT = 1  # of /proc/<pid>/statm
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Family:
    """A process and all that descend from it."""

    pid: int

    def cpu_s(self) -> float:
        """Return the seconds of CPU since it was started; an ended process counts with its parent."""
        found = [fields_of(member.pid) for member in family_of(self.pid)]
        ticks = sum(int(time) for fields in found if fields for time in fields[CPU_TIMES])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        pages = sum(pages_of(PROC / str(member.pid) / "statm") for member in family_of(self.pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def pages_of(statm: Path) -> int:
    """Return 0 for a process that has ended."""
    try:
        return int(statm.read_text().split()[RESIDENT])
    except (FileNotFoundError, ProcessLookupError):
        return 0
