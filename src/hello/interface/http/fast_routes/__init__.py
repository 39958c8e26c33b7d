"""Hot routes on the fast path: parse, call the service's callback variant, write bytes."""
