"""What operators see: rules and alerts of Prometheus, and dashboards of Grafana written in Python."""
