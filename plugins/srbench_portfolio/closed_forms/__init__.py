"""Forms that are linear in all their constants."""
