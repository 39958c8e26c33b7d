"""What others make of the API's description: linters, and clients that are generated from it."""
