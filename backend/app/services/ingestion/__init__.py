"""From a file to passages."""
