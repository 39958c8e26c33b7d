"""What runs in the background: tasks that are kept alive, and stopped between two pieces of work."""
