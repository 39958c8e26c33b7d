"""How often somebody may do something: counted in Redis or Valkey, and in the process in any case."""
