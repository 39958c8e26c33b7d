"""PromQL that most panels share."""


def rate(series: str) -> str:
    """Return increases a second, over the time that Grafana thinks fit for the width of the panel."""
    return f"rate({series}[$__rate_interval])"


def quantile(q: float, buckets: str, *by: str) -> str:
    """Return a quantile of a histogram for each value of the labels `by`."""
    return f"histogram_quantile({q}, sum by ({', '.join((*by, 'le'))}) ({rate(buckets)}))"
