"""What the person on call gets: a receiver of Alertmanager's webhook."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from hello.core.clock import now
from tests.support.http.threaded import receiving


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert of a notification; `status` is `firing` or `resolved`."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    at: datetime

    def __str__(self) -> str:
        text = f"{self.status} {self.name} ({self.severity}): {self.annotations['description']}"
        return f"{self.at:%H:%M:%S} {text}"

    @property
    def name(self) -> str:
        return self.labels["alertname"]

    @property
    def severity(self) -> str:
        return self.labels["severity"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Remembers all notices in order."""

    url: str
    received: list[Notice] = field(default_factory=list)

    def since(self, mark: int) -> Sequence[Notice]:
        """Return what has come after the first `mark` notices."""
        return self.received[mark:]


@contextmanager
def open_webhook() -> Iterator[Webhook]:
    received: list[Notice] = []

    def receive(_: Mapping[str, str], body: bytes) -> None:
        received.extend(
            Notice(alert["status"], alert["labels"], alert["annotations"], now())
            for alert in json.loads(body)["alerts"]
        )

    with receiving(receive) as url:
        yield Webhook(f"{url}/", received)
