"""A broker of the tests' own: stopped, killed, and started again on the same data and port."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.support.programs.program import Program


@dataclass(frozen=True, slots=True)
class Broker:
    """Start it from a thread that outlives it: on Linux it ends with that thread."""

    url: str = field(repr=False)
    """Holds the password, where there is one."""
    server: Program
    helpers: tuple[Program, ...] = ()
    """Run before the server starts, until it has ended."""

    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        return self.server.pid

    @property
    def log(self) -> Path:
        return self.server.command.log.path

    def start(self) -> None:
        """Return when it answers; raise `ProgramError` with the last lines of its log when it does not."""
        for program in (*self.helpers, self.server):
            program.start()

    def stop(self) -> None:
        """Let it end in order; doing it twice does no harm."""
        for program in (self.server, *self.helpers):
            program.stop()

    def kill(self) -> None:
        """Let it end as in a power cut, but for what the kernel still writes."""
        for program in (self.server, *self.helpers):
            program.kill()
