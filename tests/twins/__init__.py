"""In-memory twins of the ports, which keep the same promises as the connectors."""
