"""Tests of `.github/workflows` and of the scripts that they call."""
