"""The service beyond a real pgbouncer in transaction pooling."""
