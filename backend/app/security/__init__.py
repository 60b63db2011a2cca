"""Passwords and who may do what."""
