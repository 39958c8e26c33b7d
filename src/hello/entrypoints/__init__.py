"""Entry points: the command line, the processes and their supervisor."""
