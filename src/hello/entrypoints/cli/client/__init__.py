"""Commands that ask a running service over HTTP, without importing what only the service needs."""
