"""What is measured about the running server."""
