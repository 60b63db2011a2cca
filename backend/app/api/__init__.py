"""Blueprints: parse, call one service, serialise."""
