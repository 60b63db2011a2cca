"""Copies of everything that cannot be made anew: the database and the files that it names."""
