"""Connectors, which implement the ports: one package per external system."""
