"""What spans say of events; nothing of people, whose names are the subjects and the ids of their events."""

from hello.core.traces import Attributes
from hello.entities.events import PEOPLE_SHARD, Event


def about(event: Event) -> Attributes:
    if event.shard == PEOPLE_SHARD:
        return {"cloudevents.event_type": event.type}
    return {"cloudevents.event_type": event.type, "cloudevents.event_subject": event.subject}


def consuming(consumer: str, operation: str = "process") -> Attributes:
    return {
        "messaging.consumer.group.name": consumer,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
