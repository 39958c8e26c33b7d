"""Tests of what `deploy/` holds: the chart and the manifests made from it."""
