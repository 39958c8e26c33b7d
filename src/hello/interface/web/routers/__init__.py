"""The pages, a module for each domain."""
