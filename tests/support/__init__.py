"""Servers, builders and tools that tests share."""
