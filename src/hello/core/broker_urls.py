"""Validates broker URLs: Redis or Valkey, Kafka, RabbitMQ."""

from hello.core.redis_urls import SCHEMES as REDIS_SCHEMES
from hello.core.redis_urls import check_redis_url
from hello.core.urls import UrlParts, check_file, check_number, refuse_unknown, split_url

AMQP_SCHEMES = {"amqp", "amqps"}
SCHEMES = REDIS_SCHEMES | AMQP_SCHEMES | {"kafka"}
AMQP_FILES = ("cafile", "certfile", "keyfile")
AMQP_PARAMETERS = {*AMQP_FILES, "auth", "capath", "heartbeat", "name", "no_verify_ssl"}
AMQP_HINTS = {"timeout": "use PUBLISH_TIMEOUT_S"}


def check_broker_url(url: str) -> None:
    """Raise `ValueError` with one line that names the parameter and shows no value."""
    scheme = url.partition("://")[0]
    if scheme in REDIS_SCHEMES:
        check_redis_url(url)
        return
    parts = split_url(url, SCHEMES)
    if not parts.hosts or not all(name for name, _ in parts.hosts):
        raise ValueError("needs the name or address of a server")
    check = check_amqp if scheme in AMQP_SCHEMES else check_kafka
    check(parts)


def check_kafka(parts: UrlParts) -> None:
    if parts.user or parts.password:
        raise ValueError("a user name and a password are not supported for Kafka")
    if parts.path:
        raise ValueError("a path is not supported for Kafka; use EVENTS_TOPIC")
    refuse_unknown(parts.query, (), {})
    if not all(port for _, port in parts.hosts):
        raise ValueError("each server needs a port: kafka://host:9092,host:9092")


def check_amqp(parts: UrlParts) -> None:
    if len(parts.hosts) != 1:
        raise ValueError("only one server is supported for RabbitMQ; put a load balancer before a cluster")
    refuse_unknown(parts.query, AMQP_PARAMETERS, AMQP_HINTS)
    if "heartbeat" in parts.query:
        check_number("heartbeat", parts.query["heartbeat"], 0, 3600)
    for name in AMQP_FILES:
        if name in parts.query:
            check_file(name, parts.query[name])
