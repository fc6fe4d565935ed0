"""Formulas of two halves, each out of a table, that meet in the middle."""
