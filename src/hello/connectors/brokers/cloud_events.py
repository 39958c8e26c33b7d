"""Convert events to and from CloudEvents 1.0 in binary mode: attributes beside the data, which is JSON.

- Kafka uses the Kafka binding: headers `ce_…` and `content-type`.
- RabbitMQ uses the AMQP binding: properties `cloudEvents_…`.
- Redis has no binding. The fields of an entry are Kafka's headers plus `data`, so any client can read them.
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
    """Writes text as UTF-8: an emoji is 4 bytes instead of the 12 of its escape."""

    def write_data(self, data: Data, datacontenttype: str | None) -> bytes:  # noqa: ARG002  # always JSON
        """Write the data of an event, which is an object."""
        return dumps(data, ensure_ascii=False).encode()


class UnreadableError(Exception):
    """A delivered message is not one of this service's events."""


def to_headers(event: Event) -> tuple[dict[str, str], bytes]:
    """Return the headers of a Kafka message, and the data."""
    message = kafka.to_binary(cloud_event(event), Utf8Format())
    return {name: value.decode() for name, value in message.headers.items()}, message.value


def from_headers(headers: Mapping[str, bytes], data: bytes) -> Event:
    """Return the event; raise `UnreadableError`."""
    message = kafka.KafkaMessage(dict(headers), None, data)
    return read(lambda: kafka.from_binary(message, Utf8Format(), complete_event))


def to_fields(event: Event) -> dict[str, str | bytes]:
    """Return the fields of a Redis stream entry."""
    headers, data = to_headers(event)
    return {**headers, DATA_FIELD: data}


def split(fields: Mapping[bytes, bytes]) -> tuple[dict[str, bytes], bytes]:
    """Return the headers in the fields of a stream entry, and the data."""
    headers = {name.decode(errors="replace"): value for name, value in fields.items()}
    data = headers.pop(DATA_FIELD, b"")
    return headers, data


def to_properties(event: Event) -> tuple[dict[str, Any], bytes]:
    """Return the application properties of AMQP, and the data.

    The time is text, as the binding allows: AMQP's timestamp type has a precision of milliseconds only.
    """
    message = amqp.to_binary(cloud_event(event), Utf8Format())
    time = event.time.isoformat().replace("+00:00", "Z")
    return {**message.application_properties, TIME_PROPERTY: time}, message.application_data


def from_properties(properties: Mapping[str, Any], data: bytes) -> Event:
    """Return the event; raise `UnreadableError`."""
    message = amqp.AMQPMessage({"content-type": CONTENT_TYPE}, dict(properties), data)
    return read(lambda: amqp.from_binary(message, Utf8Format(), complete_event))


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


def complete_event(attributes: dict[str, Any], data: Data = None) -> CloudEvent:
    """Reject incomplete events: the library would invent a new id at each delivery of one without an id."""
    if missing := REQUIRED - attributes.keys():
        message = f"missing attributes: {', '.join(sorted(missing))}"
        raise ValueError(message)
    return CloudEvent(attributes, data)


def event_of(cloud: BaseCloudEvent) -> Event:
    """Raise `ValueError` when it lacks what every event has."""
    subject, time, data = cloud.get_subject(), cloud.get_time(), cloud.get_data()
    if subject is None or time is None or not isinstance(data, dict):
        message = "the data is not a JSON object"
        raise ValueError(message)
    return Event(
        id=cloud.get_id(),
        type=cloud.get_type(),
        subject=subject,
        time=time,
        data=data,
        traceparent=cloud.get_extension("traceparent"),
    )
