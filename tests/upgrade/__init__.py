"""The previous release on the schema of this one, and this one on the previous schema."""
