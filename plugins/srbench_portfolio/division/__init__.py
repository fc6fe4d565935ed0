"""Fewer variables, and smaller parts."""
