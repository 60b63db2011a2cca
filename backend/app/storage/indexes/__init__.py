"""Search indexes, one engine a file."""
