"""Access tokens as JSON Web Tokens, and the keys that sign and verify them."""
