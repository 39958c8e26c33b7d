"""The names of the background tasks, as people choose them."""

PROGRESS, BIRTHDAYS, CLEANUP, RELAY, CONSUMERS = "progress", "birthdays", "cleanup", "relay", "consumers"
ALL_TASKS = (PROGRESS, BIRTHDAYS, CLEANUP, RELAY, CONSUMERS)
