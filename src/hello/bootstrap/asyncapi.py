"""The AsyncAPI document of the events: `python -m hello.bootstrap.asyncapi > docs/asyncapi.json`.

FastStream describes every type of event as one of its own messages; the attributes of CloudEvents are added,
and what differs between brokers is left out, since the events are the same on each.
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
Each change of an order, an item or a person makes one event (CloudEvents 1.0, binary mode), and each birthday
one on its day. Events come at least once, those of one subject in order; `id` is the same at each delivery.

The attributes are headers `ce_…` on Kafka, application properties `cloudEvents_…` on RabbitMQ, and on Redis
fields `ce_…` of an entry, where the data is the field `data`. Kafka's key is the subject, RabbitMQ's routing
key the type.
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
    """Return the same text whenever the events are the same."""
    described = described_by_faststream(topic)
    described["servers"] = dict(zip(SERVERS, described["servers"].values(), strict=True))
    for channel in described["channels"].values():
        del channel["servers"], channel["bindings"]
    for name, message in described["components"]["messages"].items():
        del message["correlationId"]
        message |= {"name": name.split(":")[0], "contentType": CONTENT_TYPE}
        message["headers"] = {"$ref": "#/components/schemas/Attributes"}
    described["components"]["schemas"]["Attributes"] = ATTRIBUTES
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def described_by_faststream(topic: str) -> dict[str, Any]:
    broker = RedisBroker("redis://localhost:6379", description="The default.")
    for name, event_type in EVENT_TYPES.items():
        broker.publisher(stream=topic, title=name, schema=event_type.data, description=event_type.description)
    others = KafkaBroker("localhost:9092"), RabbitBroker("amqp://localhost:5672/")
    specification = AsyncAPI(broker, *others, title="Hello", version="1", description=DESCRIPTION)
    described: dict[str, Any] = specification.to_specification().to_jsonable()
    return described


if __name__ == "__main__":
    sys.stdout.write(document(Settings.model_fields["events_topic"].default))
