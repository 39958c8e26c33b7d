"""How well search engines find gifts: items and queries with known answers."""
