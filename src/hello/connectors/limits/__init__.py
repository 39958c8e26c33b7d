"""Rate limits, counted in each process and, if configured, in Redis or Valkey for all processes."""
