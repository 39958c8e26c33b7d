"""What can go wrong in the business; carries no HTTP and no SQL."""

from typing import Self


class HelloError(Exception):
    """Base of every error this application raises on purpose; the message is for the client."""

    def __copy__(self) -> Self:
        """Return the same error for another caller to raise; `Exception` itself would call `__init__`."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin


class InvalidError(HelloError):
    """The request asks for what cannot be, whatever the state; `field` says where."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(HelloError):
    """Nothing is stored under this name."""


class ConflictError(HelloError):
    """The request is sound, but not in the present state."""


class KeyReusedError(HelloError):
    """The idempotency key was given to another request before."""


class BusyError(HelloError):
    """There is more to do than can be done; trying again later will help."""


class UnavailableError(HelloError):
    """Something the application depends on is unavailable; trying again later may help.

    `reason` is for operators: in the log, in readiness and on the command line, never in an answer.
    """

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason

    @property
    def explanation(self) -> str:
        """The message for operators."""
        return f"{self}: {self.reason}" if self.reason else str(self)


class UnknownOutcomeError(UnavailableError):
    """The connection was lost, or the time was over, after the change was sent: it may be stored or not."""

    def __init__(self, *, reason: str | None = None) -> None:
        super().__init__(
            "it is not known whether the change is stored; read it, or send it again", reason=reason
        )


class UnauthorizedError(HelloError):
    """The caller is unknown: there is no token, or it is not valid."""


class ForbiddenError(HelloError):
    """The one who asks may not do this."""


class StaleError(HelloError):
    """The client saw an older version of what it wants to change."""


class TooManyError(HelloError):
    """The one who asks has asked too often; `retry_after_s` is when to try again, in whole seconds."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
