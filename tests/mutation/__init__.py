"""Breaks the code in small ways, one at a time, and looks which breaks the tests notice."""
