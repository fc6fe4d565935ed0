"""LASSO."""
