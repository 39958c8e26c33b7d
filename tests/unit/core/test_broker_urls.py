"""Where events go, as the settings have it."""

from pathlib import Path

import pytest

from hello.connectors.brokers.adapters import BROKERS
from hello.connectors.brokers.options import BrokerOptions
from hello.core.broker_urls import SCHEMES as BROKER_SCHEMES
from hello.core.settings import Settings, SettingsError, read_settings

SECRET = "sesame"  # noqa: S105


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("redis_url", "broker_url", "expected"),
    [
        (None, None, None),
        ("redis://cache", None, "redis://cache"),
        ("redis://cache", "kafka://one:9092,two:9092", "kafka://one:9092,two:9092"),
        (None, "amqps://me:sesame@rabbit/", "amqps://me:sesame@rabbit/"),
    ],
)
def test_events_go_to_the_broker_or_else_to_redis(
    redis_url: str | None, broker_url: str | None, expected: str | None
) -> None:
    assert read_settings(redis_url=redis_url, broker_url=broker_url).broker_dsn == expected


@pytest.mark.parametrize("url", [f"nats://me:{SECRET}@x", f"http://{SECRET}", SECRET, f"kafka:{SECRET}"])
def test_an_unknown_kind_of_broker_is_refused_by_the_name_of_its_variable(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^BROKER_URL: must start with one of amqp://, ") as error:
        read_settings(broker_url=url)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("topic", ["", "a b", "hello\n", "ö", "x" * 201])
def test_a_topic_that_some_broker_would_not_take_is_refused(topic: str) -> None:
    with pytest.raises(SettingsError, match=r"^EVENTS_TOPIC: "):
        read_settings(events_topic=topic)


def test_every_scheme_has_an_adapter() -> None:
    assert BROKERS.keys() == BROKER_SCHEMES


def test_an_url_is_not_shown() -> None:
    options = BrokerOptions.of(read_settings(), f"amqp://me:{SECRET}@rabbit/", [])
    assert SECRET not in repr(options)
