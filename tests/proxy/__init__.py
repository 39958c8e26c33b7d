"""The service as clients reach it through a reverse proxy."""
