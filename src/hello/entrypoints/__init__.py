"""What a person or an init system starts: the command line, the processes and their supervisor."""
