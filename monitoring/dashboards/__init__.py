"""The dashboards of Grafana, written in Python; `make dashboards` writes their JSON."""
