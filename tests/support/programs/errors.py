"""A program that cannot be installed, started or ended."""


class ProgramError(Exception):
    """Says what is wrong and how to fix it, or quotes the log; the user needs no traceback."""
