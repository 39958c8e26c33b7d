"""Real PostgreSQL and Valkey servers from wheels, for one machine."""
