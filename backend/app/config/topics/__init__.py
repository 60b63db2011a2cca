"""The table of settings, a topic a file."""
