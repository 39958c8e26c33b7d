"""A real Kubernetes cluster on this machine, and the rehearsal of releases on it."""
