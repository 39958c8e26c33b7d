"""Whether the server takes writes: a failed one is remembered, and readiness tries again until one works."""

from dataclasses import dataclass

from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.errors import NO_PRIVILEGE, business_errors, server_reason
from hello.entities.errors import UnavailableError

READ_ONLY, DISK_FULL = "25006", "53100"
# A table of 20 pages: a few bytes might still find room in a page that is there already.
TRY_WRITE = text(
    "CREATE TEMPORARY TABLE hello_probe ON COMMIT DROP AS"
    " SELECT repeat(md5(number::text), 200) FROM generate_series(1, 50) AS number"
)


@dataclass(slots=True)
class WriteFaults:
    """`reason` is None while writes work, as far as is known."""

    reason: str | None = None

    def record(self, error: BaseException | None) -> None:
        if error is not None and getattr(error, "sqlstate", None) in {READ_ONLY, DISK_FULL}:
            self.reason = server_reason(error)

    def watch(self, engine: AsyncEngine) -> None:
        """Record what the statements of this engine raise."""

        def record(context: ExceptionContext) -> None:
            self.record(context.original_exception)

        event.listen(engine.sync_engine, "handle_error", record)

    async def check(self, engine: AsyncEngine) -> None:
        """Raise `UnavailableError` while the server takes no writes; costs nothing unless one has failed."""
        if self.reason is None:
            return
        try:
            with business_errors():
                async with engine.begin() as connection:
                    await connection.execute(TRY_WRITE)
        except UnavailableError as error:
            if NO_PRIVILEGE in (error.reason or ""):
                self.reason = None  # the user may create no temporary tables: only a real write can tell
                return
            raise UnavailableError("the database takes no writes", reason=error.reason) from error
        self.reason = None
