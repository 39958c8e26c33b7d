"""The use cases, and what they ask of the outside world."""
