"""Names of metrics are found in expressions as dashboards and rules have them."""

import pytest

from tests.monitoring.metric_names import metric_names


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up == 0", {"up"}),
        ('sum by (route) (rate(a_count{status=~"5..", route!="x"}[5m]))', {"a_count"}),
        ("a_total / on (job, instance) group_left (version) b_info > bool 1e3", {"a_total", "b_info"}),
        ("histogram_quantile(0.99, sum(rate(a_bucket[5m])) by (le))", {"a_bucket"}),
        (
            "job:ratio:rate5m and job:ratio:rate1h unless absent(c)",
            {"job:ratio:rate5m", "job:ratio:rate1h", "c"},
        ),
        ("max_over_time(a[1h:5m] offset 1d) or vector(0)", {"a"}),
        ('count_values("version", d) * -Inf + label_replace(e, "x", "$1", "y", "(.*)")', {"d", "e"}),
    ],
)
def test_names_of_metrics_are_found(expression: str, names: set[str]) -> None:
    assert metric_names(expression) == names
