"""How the ports are kept: one package for each outside system."""
