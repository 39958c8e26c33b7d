"""PostgreSQL, where the truth is."""
