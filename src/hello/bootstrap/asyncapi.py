"""The AsyncAPI document of the events: `python -m hello.bootstrap.asyncapi > docs/asyncapi.json`.

FastStream describes each event type as a message. This module adds the CloudEvents attributes and removes
what differs between brokers, since the events are the same on each.
"""

import json
import sys
from typing import Any

from faststream.kafka import KafkaBroker
from faststream.rabbit import RabbitBroker
from faststream.redis import RedisBroker
from faststream.specification import AsyncAPI

from hello.connectors.brokers.cloud_events import CONTENT_TYPE, SOURCE
from hello.core.settings import Settings
from hello.interface.event_schemas import EVENT_TYPES

SERVERS = ("redis", "kafka", "rabbitmq")
DESCRIPTION = """\
Each change to an order, an item or a person publishes one event (CloudEvents 1.0, binary mode), and so does
each birthday on its day. Delivery is at least once, in order per subject; `id` is the same at each delivery.

The attributes are headers `ce_…` on Kafka, application properties `cloudEvents_…` on RabbitMQ, and fields
`ce_…` of a stream entry on Redis, where the data is the field `data`. Kafka's key is the subject; RabbitMQ's
routing key is the type.
"""
TEXT = {"type": "string"}
ATTRIBUTES: dict[str, Any] = {
    "type": "object",
    "title": "CloudEvents attributes",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": TEXT | {"description": "The same at each delivery."},
        "ce_type": TEXT | {"enum": sorted(EVENT_TYPES)},
        "ce_source": {"const": SOURCE},
        "ce_subject": TEXT | {"description": "The id of the order or item, or the person's username."},
        "ce_time": TEXT | {"format": "date-time"},
        "ce_traceparent": TEXT | {"description": "W3C Trace Context, when the change was traced."},
        "content-type": {"const": CONTENT_TYPE},
    },
}


def document(topic: str) -> str:
    """Return the document as JSON; equal events give equal text."""
    specification = faststream_specification(topic)
    specification["servers"] = dict(zip(SERVERS, specification["servers"].values(), strict=True))
    for channel in specification["channels"].values():
        del channel["servers"], channel["bindings"]
    for name, message in specification["components"]["messages"].items():
        del message["correlationId"]
        message |= {"name": name.split(":")[0], "contentType": CONTENT_TYPE}
        message["headers"] = {"$ref": "#/components/schemas/Attributes"}
    specification["components"]["schemas"]["Attributes"] = ATTRIBUTES
    return json.dumps(specification, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def faststream_specification(topic: str) -> dict[str, Any]:
    broker = RedisBroker("redis://localhost:6379", description="The default.")
    for name, event_type in EVENT_TYPES.items():
        broker.publisher(stream=topic, title=name, schema=event_type.data, description=event_type.description)
    others = KafkaBroker("localhost:9092"), RabbitBroker("amqp://localhost:5672/")
    specification = AsyncAPI(broker, *others, title="Hello", version="1", description=DESCRIPTION)
    jsonable: dict[str, Any] = specification.to_specification().to_jsonable()
    return jsonable


if __name__ == "__main__":
    sys.stdout.write(document(Settings.model_fields["events_topic"].default))
