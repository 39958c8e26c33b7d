"""Real PostgreSQL and Valkey servers out of wheels, for one machine."""
