"""What goes wrong with the brokers, in words for people."""


class BrokerError(Exception):
    """Says what is wrong and how to mend it, or quotes the log; the user needs no traceback."""
