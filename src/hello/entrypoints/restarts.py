"""How a process exited, and the back-off before its restart."""

from dataclasses import dataclass

FIRST_PAUSE_S, MAX_PAUSE_S, STEADY_S = 0.2, 10.0, 10.0


@dataclass(slots=True)
class Backoff:
    """Pauses that double while a process keeps dying early."""

    pause_s: float = FIRST_PAUSE_S

    def after(self, lived_s: float) -> float:
        """Return the pause before the next start of a process that ran for `lived_s`."""
        self.pause_s = FIRST_PAUSE_S if lived_s > STEADY_S else min(2 * self.pause_s, MAX_PAUSE_S)
        return self.pause_s


def describe_exit(code: int) -> str:
    """Describe an exit code of `subprocess`."""
    return f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
