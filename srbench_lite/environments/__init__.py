"""Interpreters of other methods' own: environments that are made, remembered, looked into and removed."""
