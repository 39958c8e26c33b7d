"""The documentation site: its pages, its reference, and the checks of what was built."""
