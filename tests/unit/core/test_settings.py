"""Settings: what is read, what is refused, and that secrets stay secret."""

from pathlib import Path

import pytest

from hello.core.settings import Settings, SettingsError, read_settings
from hello.interface.http.paths import check_prefix
from tests.support.paths import REPOSITORY


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from an empty environment and a directory without `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_a_laptop_needs_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert settings.database_dsn == "postgresql://hello:hello@127.0.0.1:5432/hello"
    assert settings.redis_dsn is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_spelling_of_the_url_is_taken(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    settings = read(monkeypatch, DATABASE_URL=f"{scheme}://me:pw@db/x?sslmode=require")
    assert settings.database_dsn == "postgresql://me:pw@db/x?sslmode=require"


def test_the_parts_make_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        POSTGRES_HOST="/run/pg",
        POSTGRES_USER="a b",
        POSTGRES_PASSWORD="p@/:%",  # noqa: S106
        POSTGRES_SSLMODE="disable",
    )
    assert settings.database_dsn == (
        "postgresql://a%20b:p%40%2F%3A%25@/hello?host=%2Frun%2Fpg&port=5432&sslmode=disable"
    )


def test_dot_env_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TIMEZONE=Europe/Paris\nUNRELATED=1\n")
    assert read(monkeypatch).zone.key == "Europe/Paris"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://me:sesame@db/x"),
        ("REDIS_URL", "http://me:sesame@redis"),
        ("TIMEZONE", "Mars/sesame"),
        ("LEAP_DAY", "sesame"),
        ("DAYS_WORDING", "sesame"),
        ("LOG_FORMAT", "sesame"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_DEADLINE_S", "sesame"),
        ("ENVIRONMENT", "sesame"),
        ("TOKEN_LIFETIME_S", "901"),
        ("TOKEN_LEEWAY_S", "31"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "sesame:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:sesame@collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "sesame"),
        ("TRACING_SAMPLE", "1.01"),
        ("ACCESS_LOG_SAMPLE", "-1"),
        ("SLOW_QUERY_S", "-1"),
    ],
)
def test_a_bad_value_names_its_variable_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=variable) as raised:
        read(monkeypatch, **{variable: value})
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("url", [None, "postgresql://hello:hello@db/hello"])
def test_production_refuses_the_laptops_password(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    variables = {"ENVIRONMENT": "production"} | ({"DATABASE_URL": url} if url else {})
    with pytest.raises(SettingsError, match="POSTGRES_PASSWORD"):
        read(monkeypatch, **variables)


@pytest.mark.parametrize(
    "url", ["postgresql://hello:kai7Aith@db/hello", "postgresql://hello@/hello?host=/run/postgresql"]
)
def test_production_takes_a_password_or_a_socket(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    secrets = {"SECRET_KEY": "k" * 32, "TOKEN_SIGNING_KEY": "PEM"}
    settings = read(monkeypatch, ENVIRONMENT="production", DATABASE_URL=url, **secrets)
    assert settings.database_dsn == url


@pytest.mark.parametrize("secret", [None, "short", "k" * 31])
def test_production_refuses_a_weak_secret(monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    variables = {"ENVIRONMENT": "production", "DATABASE_URL": "postgresql://hello:kai7Aith@db/hello"}
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        read(monkeypatch, **variables, **({"SECRET_KEY": secret} if secret else {}))


def test_production_needs_a_signing_key_and_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"ENVIRONMENT": "production", "DATABASE_URL": "postgresql://hello:kai7Aith@db/hello"}
    with pytest.raises(SettingsError, match=r"TOKEN_SIGNING_KEY.*hello signing-key"):
        read(monkeypatch, **variables, SECRET_KEY="k" * 32)


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {"DATABASE_URL": "postgresql://me:sesame@db/x", "REDIS_URL": "redis://:sesame@r"}
    keys = {"TOKEN_SIGNING_KEY": "sesame", "TOKEN_VERIFICATION_KEYS": "sesame"}
    keys |= {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=sesame"}
    settings = read(monkeypatch, **urls, **keys)
    assert "sesame" not in f"{settings!r} {settings}"


def test_the_example_shows_every_setting() -> None:
    example = (REPOSITORY / ".env.example").read_text()
    missing = [name for name in Settings.model_fields if name.upper() + "=" not in example]
    assert missing == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("https://example.com", "https://example.com"),
        ("https://example.com/gifts/", "https://example.com/gifts"),
        ("http://[::1]:8443/a/b-1", "http://[::1]:8443/a/b-1"),
    ],
)
def test_a_public_url_is_kept_without_its_last_slash(
    monkeypatch: pytest.MonkeyPatch, given: str, kept: str
) -> None:
    assert read(monkeypatch, PUBLIC_URL=given).public_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "example.com/gifts",
        "ftp://example.com",
        "https://",
        "https:///gifts",
        "https://a,b/gifts",
        "https://me:sesame@example.com",
        "https://example.com:99999",
        "https://exa mple.com",
        "https://example.com/gifts?x=1",
        "https://example.com/gifts?",
        "https://example.com/gifts#x",
        "https://example.com//gifts",
        "https://example.com/a/../b",
        "https://example.com/gifts\r\nX: y",
        "https://example.com/g%20fts",
        "https://example.com/geschäft",
    ],
)
def test_a_public_url_that_cannot_be_put_before_a_path_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(SettingsError, match=r"\APUBLIC_URL: [^\n]*\Z") as raised:
        read(monkeypatch, PUBLIC_URL=url)
    assert "sesame" not in str(raised.value)
    assert "Value error" not in str(raised.value)


@pytest.mark.parametrize("prefix", ["/hello", "/api/v1", "/docs"])
def test_a_prefix_that_is_a_path_of_the_service_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match=r"^PUBLIC_URL: .*a path of the service itself$"):
        check_prefix(prefix)


@pytest.mark.parametrize("prefix", ["", "/gifts", "/hello-api", "/x/hello"])
def test_valid_prefix_is_accepted(prefix: str) -> None:
    check_prefix(prefix)


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ({"calendar_domain": "a.example", "public_url": "https://b.example/x"}, "a.example"),
        ({"public_url": "https://b.example:8443/x"}, "b.example"),
    ],
)
def test_domain_of_calendars_is_the_deployments(given: dict[str, str], domain: str) -> None:
    assert read_settings(**given).calendar_uid_domain == domain


def test_domain_of_calendars_differs_with_the_secret_key() -> None:
    domains = {read_settings(secret_key=key * 32).calendar_uid_domain for key in "ab"}
    assert len(domains) == 2


@pytest.mark.parametrize("domain", ["a b", "-a", "a..b", "ä.example", "a\r\nb", "a" * 254])
def test_domain_of_calendars_is_a_host_name(domain: str) -> None:
    with pytest.raises(SettingsError):
        read_settings(calendar_domain=domain)


def test_headers_for_the_collector_are_read_as_opentelemetry_writes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch, OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b=c, authorization=Bearer d")
    assert settings.traces_headers == {"x-key": "a b=c", "authorization": "Bearer d"}


def test_nothing_is_traced_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (settings.otel_exporter_otlp_endpoint, settings.traces_headers) == ("", {})
