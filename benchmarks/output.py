"""What a server prints, kept in memory: written to disk it would get in the way of PostgreSQL's commits."""

import fcntl
import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Output:
    descriptor: int

    @classmethod
    def open(cls) -> Self:
        descriptor = os.memfd_create("output")
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
        return cls(descriptor)

    def forget(self) -> None:
        """Give the memory back; an access log grows by megabytes a second."""
        os.ftruncate(self.descriptor, 0)

    def text(self) -> str:
        size = os.fstat(self.descriptor).st_size
        return os.pread(self.descriptor, size, 0).decode(errors="replace")

    def close(self) -> None:
        os.close(self.descriptor)
