"""Connectors to Redis or Valkey. The service also runs without them."""
