"""A Docker engine on this machine and the product's images in it, for `make test_compose`."""
