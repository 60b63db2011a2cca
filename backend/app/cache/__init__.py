"""Caches behind one interface."""
