"""The rules and routes of `monitoring/` with short windows: a test waits for seconds, not for hours."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.support.paths import REPOSITORY

MONITORING = REPOSITORY / "monitoring"
RULES, ROUTES = MONITORING / "prometheus" / "rules", MONITORING / "alertmanager" / "alertmanager.yml"
RANGES = {
    "1m": "3s",
    "2m": "3s",
    "5m": "3s",
    "10m": "3s",
    "15m": "3s",
    "30m": "4s",
    "1h": "5s",
    "6h": "6s",
    "1d": "7s",
    "3d": "8s",
    "30d": "60s",
}
"""Longer than two scrapes: a rate needs two samples."""
PATIENCE = {
    "30s": "2s",
    "1m": "2s",
    "2m": "2s",
    "5m": "3s",
    "10m": "4s",
    "15m": "4s",
    "30m": "5s",
    "1h": "6s",
}
KEPT = {"35m": "8s"}
"""As long as the windows of 30 and of 5 minutes, and an evaluation."""
RANGE = re.compile(r"(?<=\[)\d+[smhdw](?=[\]:])")
WAIT = re.compile(r"(?<=\bfor: )\d+[smhdw]")
KEEP = re.compile(r"(?<=\bkeep_firing_for: )\d+[smhdw]")
INTERVAL = re.compile(r"(?<=\binterval: )\d+[smhdw]")
WAITS = {"group_wait": "3s", "group_interval": "1s", "repeat_interval": "1h"}


def short_rules(folder: Path, thresholds: Mapping[str, str]) -> Sequence[Path]:
    """Write the shortened rules into the folder; `thresholds` are texts and what stands in for them."""
    written = []
    for source in sorted(RULES.glob("*.yml")):
        target = folder / source.name
        target.write_text(shortened(source.read_text()))
        written.append(target)
    replace_all(written, thresholds)
    return written


def shortened(rules: str) -> str:
    """Raise `KeyError` for a window that has no short one yet."""
    rules = RANGE.sub(lambda found: RANGES[found[0]], rules)
    rules = WAIT.sub(lambda found: PATIENCE[found[0]], rules)
    rules = KEEP.sub(lambda found: KEPT[found[0]], rules)
    return INTERVAL.sub("1s", rules)


def replace_all(files: Sequence[Path], replacements: Mapping[str, str]) -> None:
    """Fail if one of the texts is in no file: it would silently change nothing."""
    for old, new in replacements.items():
        holders = [path for path in files if old in path.read_text()]
        assert holders, f"no rule has {old!r}"
        for path in holders:
            path.write_text(path.read_text().replace(old, new))


def short_routes(folder: Path, webhook_url: str) -> Path:
    """Write Alertmanager's configuration: short waits, and every receiver's URL is the webhook."""
    config = yaml.safe_load(ROUTES.read_text())
    config["route"] |= WAITS
    for route in config["route"]["routes"]:
        route.pop("repeat_interval", None)
    for receiver in config["receivers"]:
        for webhook in receiver["webhook_configs"]:
            webhook["url"] = webhook_url
    target = folder / "alertmanager.yml"
    target.write_text(yaml.safe_dump(config))
    return target
