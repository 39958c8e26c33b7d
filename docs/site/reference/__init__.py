"""Reference pages, made from the code each time the site is built."""

from json import dumps, loads

from docs.site.paths import ROOT
from docs.site.reference.events import events_page
from docs.site.reference.http_api import http_pages
from docs.site.reference.metrics import metrics_page
from docs.site.reference.settings import settings_page

from hello.bootstrap.processes import api_description
from hello.core.settings import Settings

FOLDER = "docs/reference"


def reference_files() -> dict[str, str]:
    """Return the texts by their paths in the site."""
    api = api_description(Settings(_env_file=None))
    files = {
        **{f"http/{name}.md": page for name, page in http_pages(api).items()},
        "openapi.json": dumps(api, indent=2),
        "events.md": events_page(loads((ROOT / "docs/asyncapi.json").read_text())),
        "settings.md": settings_page((ROOT / ".env.example").read_text()),
        "metrics.md": metrics_page(),
    }
    return {f"{FOLDER}/{path}": text for path, text in files.items()}
