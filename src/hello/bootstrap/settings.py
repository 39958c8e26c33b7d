"""Settings, checked as a whole before anything is started."""

from hello.connectors.limits.quotas import read_quotas
from hello.connectors.tokens.pem import token_keys
from hello.core.public_urls import path_of
from hello.core.settings import Settings, read_settings
from hello.interface.http.paths import check_prefix


def checked_settings() -> Settings:
    """Read the settings and check what only connectors understand of them; raise `SettingsError`."""
    settings = read_settings()
    read_quotas(settings.rate_limits)
    token_keys(settings)
    check_prefix(path_of(settings.public_url))
    return settings
