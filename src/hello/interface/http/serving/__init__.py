"""The HTTP server: connections, the fast path, observation and refusals; no routes."""
