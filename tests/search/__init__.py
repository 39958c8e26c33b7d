"""Real search servers on this machine, for `make test_search`."""
