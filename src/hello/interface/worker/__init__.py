"""Background tasks, which restart after failures and stop between two steps."""
