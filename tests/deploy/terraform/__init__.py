"""Tests of `deploy/terraform`: linters, and a real apply on moto."""
