"""SQL repositories, one entity a file."""
