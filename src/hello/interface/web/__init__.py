"""Pages for people with a browser: what the API can do, as HTML."""
