"""Events as CloudEvents 1.0 in binary mode: attributes beside the data, which is JSON.

Kafka has a binding of its own (headers `ce_` and `content-type`), RabbitMQ gets AMQP's (properties
`cloudEvents_`). Redis has none: the fields of an entry are what Kafka's headers would be, and `data`,
so that it can be read with any client.
"""

from collections.abc import Callable, Mapping
from json import dumps
from typing import Any, TypeAlias

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import amqp, kafka
from cloudevents.core.exceptions import BaseCloudEventException, CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from hello.entities.events import Event

SOURCE = "/hello"
CONTENT_TYPE = "application/json"
DATA_FIELD = "data"
TIME_PROPERTY = "cloudEvents_time"
REQUIRED = {"id", "type", "source", "specversion", "subject", "time"}
Data: TypeAlias = dict[str, Any] | str | bytes | None


class Utf8Format(JSONFormat):
    """Writes text as UTF-8: as an escape, an emoji is 12 bytes instead of 4."""

    def write_data(self, data: Data, datacontenttype: str | None) -> bytes:  # noqa: ARG002  # always JSON
        """Write the data of an event of ours, which is an object."""
        return dumps(data, ensure_ascii=False).encode()


class UnreadableError(Exception):
    """What was delivered is none of our events."""


def to_headers(event: Event) -> tuple[dict[str, str], bytes]:
    """Return what goes into Kafka's headers, and the data."""
    message = kafka.to_binary(cloud_event(event), Utf8Format())
    return {name: value.decode() for name, value in message.headers.items()}, message.value


def from_headers(headers: Mapping[str, bytes], data: bytes) -> Event:
    """Raise `UnreadableError`."""
    return read(lambda: kafka.from_binary(kafka.KafkaMessage(dict(headers), None, data), Utf8Format(), whole))


def to_fields(event: Event) -> dict[str, str | bytes]:
    """Return the entry of a Redis stream."""
    headers, data = to_headers(event)
    return {**headers, DATA_FIELD: data}


def split(fields: Mapping[bytes, bytes]) -> tuple[dict[str, bytes], bytes]:
    """Return the headers that are in the entry of a stream, and the data."""
    headers = {name.decode(errors="replace"): value for name, value in fields.items()}
    data = headers.pop(DATA_FIELD, b"")
    return headers, data


def to_properties(event: Event) -> tuple[dict[str, Any], bytes]:
    """Return the application properties of AMQP, and the data.

    The time is text, as the binding allows: its number would be one of milliseconds.
    """
    message = amqp.to_binary(cloud_event(event), Utf8Format())
    time = event.time.isoformat().replace("+00:00", "Z")
    return {**message.application_properties, TIME_PROPERTY: time}, message.application_data


def from_properties(properties: Mapping[str, Any], data: bytes) -> Event:
    """Raise `UnreadableError`."""
    given = {"content-type": CONTENT_TYPE}
    return read(
        lambda: amqp.from_binary(amqp.AMQPMessage(given, dict(properties), data), Utf8Format(), whole)
    )


def cloud_event(event: Event) -> CloudEvent:
    attributes = {
        "id": event.id,
        "type": event.type,
        "source": SOURCE,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": CONTENT_TYPE,
    }
    extension = {"traceparent": event.traceparent} if event.traceparent else {}
    return CloudEvent(attributes | extension, dict(event.data))


def read(parse: Callable[[], BaseCloudEvent]) -> Event:
    try:
        return event_of(parse())
    except (ValueError, TypeError, BaseCloudEventException, CloudEventValidationError) as error:
        raise UnreadableError(str(error)) from error


def whole(attributes: dict[str, Any], data: Data = None) -> CloudEvent:
    """Make no event up: the library would give one without an id a new one at each delivery."""
    if missing := REQUIRED - attributes.keys():
        message = f"without {', '.join(sorted(missing))}"
        raise ValueError(message)
    return CloudEvent(attributes, data)


def event_of(cloud: BaseCloudEvent) -> Event:
    """Raise `ValueError` when it lacks what all of our events have."""
    subject, time, data = cloud.get_subject(), cloud.get_time(), cloud.get_data()
    if subject is None or time is None or not isinstance(data, dict):
        message = "its data is no JSON object"
        raise ValueError(message)
    return Event(
        id=cloud.get_id(),
        type=cloud.get_type(),
        subject=subject,
        time=time,
        data=data,
        traceparent=cloud.get_extension("traceparent"),
    )
