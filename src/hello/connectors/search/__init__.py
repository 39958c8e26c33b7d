"""Elasticsearch and OpenSearch: both are spoken to with the client of OpenSearch (ADR 34)."""
