"""Publishing as a span, whose context the message carries on to its consumers."""

from dataclasses import dataclass, replace

from hello.core.traces import Kind, Tracer, current_traceparent, is_sampled, well_formed
from hello.entities.events import PERSON_SAVED, Event
from hello.services.event_ports import EventPublisher
from hello.services.event_traces import about


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPublisher:
    """`system` is the broker's kind, `destination` the stream, topic or exchange."""

    publisher: EventPublisher
    tracer: Tracer
    system: str
    destination: str

    async def publish(self, event: Event) -> None:
        """Make no span for `person.saved`: one sampled request in a batch would be a thousand of them."""
        parent = well_formed(event.traceparent)
        if not is_sampled(parent) or event.type == PERSON_SAVED:
            await self.publisher.publish(event)
            return
        attributes = {**self._attributes, **about(event)}
        with self.tracer.span(f"send {self.destination}", Kind.PRODUCER, parent, attributes):
            await self.publisher.publish(replace(event, traceparent=current_traceparent()))

    @property
    def _attributes(self) -> dict[str, str | int]:
        return {
            "messaging.system": self.system,
            "messaging.destination.name": self.destination,
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
        }
