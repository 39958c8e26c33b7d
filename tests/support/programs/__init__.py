"""Other programs that tests install, start and end."""
