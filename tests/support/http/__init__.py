"""A client library for external tests: what a user does over HTTP."""
