"""The settings of a deployment, read from the environment and from `.env`."""

import hmac
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsConfigDict

from hello.core.broker_urls import check_broker_url
from hello.core.clock import time_zone
from hello.core.postgres_urls import SCHEMES, read_postgres_url
from hello.core.public_urls import checked_public_url
from hello.core.redis_urls import check_redis_url
from hello.core.search_urls import read_search_url
from hello.core.telemetry_settings import TelemetrySettings
from hello.core.urls import split_url

SERVICE_LINK = "tcp://"
SERVICE_LINK_ADVICE = (
    "holds a service link of Kubernetes instead of a number; set enableServiceLinks: false in the pod, "
    "or give the Service another name"
)
LAPTOP_SECRET, SECRET_LENGTH = "only good enough for a laptop", 32
LIMIT = "rate_limit_"
DOMAIN = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
LAPTOP_PASSWORDS = {"", "hello", "postgres", "password"}

Seconds = Annotated[float, Field(gt=0, le=3600)]
Delay = Annotated[float, Field(ge=0, le=366 * 86_400)]


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


def known_zone(name: str) -> str:
    """Raise `ValueError` for a name that is not in the IANA time zone database."""
    time_zone(name)
    return name


class Settings(TelemetrySettings):
    """Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    environment: Environment = Environment.DEVELOPMENT
    build_commit: Annotated[str, Field(pattern=r"^[0-9A-Za-z._+-]{0,64}$")] = ""

    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    leap_day: Literal["mar1", "feb28"] = "mar1"
    days_wording: Literal["spec", "plural"] = "spec"
    birthday_lists: Literal["public", "accounts"] = "public"

    database_url: SecretStr | None = None
    postgres_host: str = "127.0.0.1"
    postgres_port: Annotated[int, Field(ge=1, le=65535)] = 5432
    postgres_user: str = "hello"
    postgres_password: SecretStr = SecretStr("hello")
    postgres_db: str = "hello"
    postgres_sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = (
        None
    )
    database_pooler: Literal["none", "transaction"] = "none"
    database_direct_url: SecretStr | None = None
    database_pool_size: Annotated[int, Field(ge=1, le=1000)] = 10
    database_pool_overflow: Annotated[int, Field(ge=0, le=1000)] = 10
    database_queue_size: Annotated[int, Field(ge=1)] = 10_000
    database_connect_timeout_s: Seconds = 1.5
    database_deadline_s: Seconds = 2
    database_lock_timeout_s: Seconds = 1.5
    migration_lock_timeout_s: Seconds = 5

    redis_url: SecretStr | None = None
    redis_timeout_s: Seconds = 0.25
    cache_lease_s: Annotated[float, Field(ge=0.05, le=60)] = 1

    broker_url: SecretStr | None = None
    events_topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "hello.events"
    events_kept: Annotated[int, Field(ge=1000)] = 100_000
    stream_max_bytes: Annotated[int, Field(ge=16 * 2**20)] = 128 * 2**20
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    metrics_host: str = "127.0.0.1"
    figures_poll_s: Seconds = 15
    relay_poll_s: Annotated[float, Field(ge=0.05, le=60)] = 1
    relay_batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    publish_timeout_s: Annotated[float, Field(ge=0.1, le=60)] = 2
    consumer_tries: Annotated[int, Field(ge=1, le=100)] = 5
    inbox_days: Annotated[int, Field(ge=1, le=3650)] = 30

    search_url: SecretStr | None = None
    search_api_key: SecretStr | None = None
    search_index: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")] = "hello-items"
    search_timeout_s: Seconds = 1

    secret_key: SecretStr = SecretStr(LAPTOP_SECRET)
    admin_token: Annotated[SecretStr, Field(min_length=SECRET_LENGTH)] | None = None

    token_signing_key: SecretStr | None = None
    token_verification_keys: SecretStr | None = None
    token_issuer: str = "hello"  # noqa: S105  # no secret
    token_audience: str = "hello"  # noqa: S105
    token_lifetime_s: Annotated[int, Field(ge=1, le=900)] = 900
    token_leeway_s: Annotated[float, Field(ge=0, le=30)] = 5

    refresh_lifetime_days: Annotated[int, Field(ge=1, le=365)] = 30
    refresh_grace_s: Annotated[int, Field(ge=0, le=60)] = 10
    password_threads: Annotated[int, Field(ge=1, le=64)] = 2
    password_queue_size: Annotated[int, Field(ge=1, le=10_000)] = 16

    order_confirm_delay_s: Delay = 5
    order_ship_delay_s: Delay = 5
    order_followers: Annotated[int, Field(ge=1, le=100_000)] = 1000
    order_followers_per_account: Annotated[int, Field(ge=1, le=100_000)] = 20
    idempotency_days: Annotated[int, Field(ge=1, le=365)] = 7

    rate_limit_hello: str = "off"
    rate_limit_birthdays: str = "off"
    rate_limit_accounts: str = "60/minute"
    rate_limit_items: str = "600/minute"
    rate_limit_search: str = "600/minute"
    rate_limit_orders: str = "600/minute"
    rate_limit_audit: str = "60/minute"
    rate_limit_login_pair: str = "10/15 minutes"
    rate_limit_login_address: str = "100/15 minutes"
    rate_limit_login_account: str = "1000/hour"
    trusted_proxies: str = ""
    public_url: Annotated[str, AfterValidator(checked_public_url)] = ""
    cors_origins: str = ""

    calendar_domain: Annotated[str, Field(pattern=DOMAIN, max_length=253)] | None = None
    calendar_events: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    calendar_max_age_s: Annotated[int, Field(ge=0, le=86_400)] = 300

    fast_path: Literal["on", "off"] = "on"
    max_connections: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    max_requests: Annotated[int, Field(ge=48, le=1_000_000)] = 1000
    max_wait_s: Annotated[float, Field(ge=0.05, le=60)] = 0.25
    head_timeout_s: Seconds = 10
    body_timeout_s: Seconds = 20
    write_timeout_s: Seconds = 30
    keep_alive_s: Seconds = 75
    body_limit_bytes: Annotated[int, Field(ge=1024)] = 1_048_576
    drain_s: Annotated[float, Field(ge=0, le=300)] = 0
    shutdown_timeout_s: Seconds = 10

    @property
    def zone(self) -> ZoneInfo:
        return time_zone(self.timezone)

    @property
    def database_dsn(self) -> str:
        """`DATABASE_URL`, or else the `POSTGRES_*` parts, as a `postgresql://` URL with the password."""
        if self.database_url is not None:
            return "postgresql://" + self.database_url.get_secret_value().split("://", 1)[1]
        return self._dsn_of_parts()

    @property
    def direct_dsn(self) -> str | None:
        """The URL for session features: `DATABASE_DIRECT_URL`, or the database itself without a pooler."""
        if self.database_direct_url is not None:
            return self.database_direct_url.get_secret_value()
        return self.database_dsn if self.database_pooler == "none" else None

    @property
    def redis_dsn(self) -> str | None:
        return self.redis_url.get_secret_value() if self.redis_url else None

    @property
    def broker_dsn(self) -> str | None:
        """`BROKER_URL`, or else `REDIS_URL`; None when events stay in the outbox."""
        return self.broker_url.get_secret_value() if self.broker_url else self.redis_dsn

    @property
    def calendar_uid_domain(self) -> str:
        """`CALENDAR_DOMAIN`, or the host of `PUBLIC_URL`, or a name derived from the secret key."""
        if domain := self.calendar_domain or urlsplit(self.public_url).hostname:
            return domain
        secret = self.secret_key.get_secret_value().encode()
        return f"{hmac.digest(secret, b'calendar domain', 'sha256').hex()[:12]}.hello.invalid"

    @property
    def rate_limits(self) -> dict[str, str]:
        """Return the texts of `RATE_LIMIT_<GROUP>` by group."""
        return {
            name.removeprefix(LIMIT): getattr(self, name)
            for name in type(self).model_fields
            if name.startswith(LIMIT)
        }

    def _dsn_of_parts(self) -> str:
        user, password = quote(self.postgres_user, ""), quote(self.postgres_password.get_secret_value(), "")
        socket = self.postgres_host.startswith("/")
        address = "" if socket else f"{self.postgres_host}:{self.postgres_port}"
        options = {"host": self.postgres_host, "port": str(self.postgres_port)} if socket else {}
        if self.postgres_sslmode:
            options["sslmode"] = self.postgres_sslmode
        query = f"?{urlencode(options)}" if options else ""
        return f"postgresql://{user}:{password}@{address}/{quote(self.postgres_db, '')}{query}"

    @model_validator(mode="before")
    @classmethod
    def _postgres_port_is_no_service_link(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Ignore the POSTGRES_PORT that Kubernetes sets in pods beside a Service named `postgres`."""
        if str(values.get("postgres_port", "")).startswith(SERVICE_LINK):
            if not values.get("database_url"):
                raise ValueError(f"POSTGRES_PORT: {SERVICE_LINK_ADVICE}, or set DATABASE_URL")
            return {name: value for name, value in values.items() if name != "postgres_port"}
        return values

    @model_validator(mode="after")
    def _urls_are_valid(self) -> Self:
        check_url("DATABASE_URL", self.database_url, read_postgres_url)
        check_url("DATABASE_DIRECT_URL", self.database_direct_url, read_postgres_url)
        check_url("POSTGRES_*", SecretStr(self.database_dsn), read_postgres_url)
        check_url("REDIS_URL", self.redis_url, check_redis_url)
        check_url("BROKER_URL", self.broker_url, check_broker_url)
        check_url("SEARCH_URL", self.search_url, read_search_url)
        return self

    @model_validator(mode="after")
    def _production_has_no_laptop_defaults(self) -> Self:
        """Allow a socket without a password: PostgreSQL then asks the system for the user."""
        if self.environment is Environment.PRODUCTION and self._password() in LAPTOP_PASSWORDS:
            message = "production needs your own password: set DATABASE_URL or POSTGRES_PASSWORD"
            raise ValueError(message)
        if self.environment is Environment.PRODUCTION and self._secret_is_weak():
            message = f"production needs your own SECRET_KEY of at least {SECRET_LENGTH} characters"
            raise ValueError(message)
        if self.environment is Environment.PRODUCTION and self.token_signing_key is None:
            message = "production needs TOKEN_SIGNING_KEY: a private key, as `hello signing-key` makes"
            raise ValueError(message)
        return self

    def _secret_is_weak(self) -> bool:
        secret = self.secret_key.get_secret_value()
        return secret == LAPTOP_SECRET or len(secret) < SECRET_LENGTH

    def _password(self) -> str | None:
        """Return None where the login needs no password: by a socket, or with a certificate or passfile."""
        parts = split_url(self.database_dsn, SCHEMES)
        host = parts.query.get("hostaddr") or parts.query.get("host", "/")
        if (not parts.hosts and host.startswith("/")) or parts.query.keys() & {
            "passfile",
            "service",
            "sslcert",
        }:
            return None
        return parts.query.get("password", parts.password)


def check_url(variable: str, url: SecretStr | None, check: Callable[[str], object]) -> None:
    if url is None:
        return
    try:
        check(url.get_secret_value())
    except ValueError as error:
        raise ValueError(f"{variable}: {error}") from None


def split_csv(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class SettingsError(Exception):
    """The settings are not valid; the message names each variable and shows no value."""


def read_settings(**overrides: object) -> Settings:
    """Read the environment and `.env`; raise `SettingsError`."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise SettingsError("\n".join(map(describe, error.errors()))) from None


def describe(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"])).upper()
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
