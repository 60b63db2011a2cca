"""What sentences are, in English and Korean."""
