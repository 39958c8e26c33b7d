"""Hello beside its peers under one load, on one machine."""
