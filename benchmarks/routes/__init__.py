"""Hello beside its peers on every route of the three rooms."""
