"""Rehearses the first minutes on a fresh machine; imports nothing but the standard library."""
