"""Publishing as a span: what the message carries, and which events have none."""

from dataclasses import dataclass, field, replace

import pytest

from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.traced_publisher import TracedPublisher
from hello.entities.errors import UnavailableError
from hello.entities.events import PERSON_SAVED, Event
from tests.twins.events import an_event
from tests.twins.traces import RECORDED, SILENT, TwinTracer


@dataclass
class Publisher:
    """Remembers what is published, or fails."""

    events: list[Event] = field(default_factory=list)
    error: UnavailableError | None = None

    async def publish(self, event: Event) -> None:
        self.events.append(event)
        if self.error:
            raise self.error


def traced(inner: Publisher, tracer: TwinTracer) -> TracedPublisher:
    return TracedPublisher(publisher=inner, tracer=tracer, system="kafka", destination="hello.events")


async def test_message_carries_the_span_of_its_publishing() -> None:
    inner, tracer = Publisher(), TwinTracer()
    event = replace(an_event(), traceparent=RECORDED)
    await traced(inner, tracer).publish(event)
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent) == ("send hello.events", "producer", RECORDED)
    assert inner.events == [replace(event, traceparent=span.traceparent)]
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.destination.name": "hello.events",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "cloudevents.event_type": "order.shipped",
        "cloudevents.event_subject": event.subject,
    }


async def test_span_of_an_event_about_a_person_names_no_person() -> None:
    inner, tracer = Publisher(), TwinTracer()
    event = replace(an_event("Ada", "person.deleted"), id="person-Ada", traceparent=RECORDED)
    await traced(inner, tracer).publish(event)
    [span] = tracer.spans
    assert span.attributes["cloudevents.event_type"] == "person.deleted"
    assert "Ada" not in repr(span)


@pytest.mark.parametrize(
    ("event_type", "traceparent"),
    [("order.created", None), ("order.created", SILENT), ("order.created", "?"), (PERSON_SAVED, RECORDED)],
)
async def test_other_events_are_passed_on_unchanged(event_type: str, traceparent: str | None) -> None:
    inner, tracer = Publisher(), TwinTracer()
    event = replace(an_event(event_type=event_type), traceparent=traceparent)
    await traced(inner, tracer).publish(event)
    assert (inner.events, tracer.spans) == ([event], [])


async def test_event_that_is_not_confirmed_is_an_error_of_its_span() -> None:
    inner, tracer = Publisher(error=UnavailableError("no broker")), TwinTracer()
    with pytest.raises(UnavailableError):
        await traced(inner, tracer).publish(replace(an_event(), traceparent=RECORDED))
    assert [span.error for span in tracer.spans] == ["UnavailableError"]


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("redis://r", "redis"),
        ("rediss+cluster://r", "redis"),
        ("unix:///run/redis", "redis"),
        ("kafka://k:9092", "kafka"),
        ("amqps://r", "rabbitmq"),
    ],
)
def test_kind_of_broker_has_the_name_of_the_conventions(url: str, system: str) -> None:
    options = BrokerOptions(url=url, topic="t", timeout_s=1, kept=1, max_bytes=1, subscriptions=[])
    assert options.system == system
