"""Pictures of the dashboards as SVG, drawn from what a Prometheus knows."""
