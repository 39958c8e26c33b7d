"""What goes wrong in a comparison, in words for people."""


class BenchError(Exception):
    """One line that says what is wrong; a figure that cannot be trusted is an error too."""
