"""The settings of traces and logs."""

from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from hello.core.public_urls import checked_public_url

Share = Annotated[float, Field(ge=0, le=1)]


def read_headers(text: str) -> dict[str, str]:
    """Raise `ValueError` unless it is `name=value,name=value`."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name.strip() and value.strip() for name, _, value in pairs):
        raise ValueError("must be name=value, several separated by commas")
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def checked_headers(headers: SecretStr) -> SecretStr:
    read_headers(headers.get_secret_value())
    return headers


class TelemetrySettings(BaseSettings):
    """A part of `Settings`. The endpoint and its headers have the names that OpenTelemetry gave them."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log_sample: Share = 1
    slow_query_s: Annotated[float, Field(ge=0, le=3600)] = 0
    slow_query_plan: Literal["on", "off"] = "off"

    otel_exporter_otlp_endpoint: Annotated[str, AfterValidator(checked_public_url)] = ""
    otel_exporter_otlp_headers: Annotated[SecretStr, AfterValidator(checked_headers)] | None = None
    tracing_sample: Share = 0.01

    @property
    def traces_headers(self) -> dict[str, str]:
        """What is sent with the spans, such as a key."""
        headers = self.otel_exporter_otlp_headers
        return read_headers(headers.get_secret_value()) if headers else {}
