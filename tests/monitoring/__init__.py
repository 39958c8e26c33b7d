"""What an operator sees: a real Prometheus and Alertmanager beside the running service."""
