"""Measuring search on test sets with known answers."""
