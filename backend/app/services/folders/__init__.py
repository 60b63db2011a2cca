"""Collections that follow folders of the server's disk."""
