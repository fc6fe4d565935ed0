"""Functions with free constants inside, or with one outside."""
