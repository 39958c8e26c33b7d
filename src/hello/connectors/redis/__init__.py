"""Redis or Valkey, which the service can do without."""
