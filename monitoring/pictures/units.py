"""Values with the units of Grafana, as short as they fit on an axis."""

from collections.abc import Callable, Mapping, Sequence

Scale = Sequence[tuple[float, str]]
SECONDS: Scale = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"))
BYTES: Scale = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
SHORT: Scale = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))


def shown(value: float, unit: str) -> str:
    """Raise `KeyError` for a unit that no dashboard uses."""
    return UNITS[unit](value)


def scaled(value: float, scale: Scale, suffix: str = "") -> str:
    size, name = next((part for part in scale if abs(value) >= part[0]), scale[-1])
    return f"{digits(value / size)} {name}{suffix}".strip() if value else f"0 {suffix}".strip()


def digits(value: float) -> str:
    """Keep three digits that matter, without an exponent."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 or rounded.is_integer() else f"{rounded:g}"  # noqa: PLR2004


def per_second(suffix: str) -> Callable[[float], str]:
    return lambda value: scaled(value, SHORT, suffix)


UNITS: Mapping[str, Callable[[float], str]] = {
    "none": lambda value: scaled(value, SHORT),
    "locale": lambda value: f"{value:,.0f}",
    "percentunit": lambda value: f"{digits(100 * value)} %",
    "s": lambda value: scaled(value, SECONDS) if value else "0 s",
    "bytes": lambda value: scaled(value, BYTES) if value else "0 B",
    "reqps": per_second("req/s"),
    "cps": per_second("c/s"),
    "ops": per_second("ops/s"),
}
