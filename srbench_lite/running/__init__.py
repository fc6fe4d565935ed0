"""Plans, processes and limits."""
