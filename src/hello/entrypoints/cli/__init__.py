"""The command `hello`, one module per group of commands."""
