"""What is wrong with a suite, beyond what its file says: start at `suite_check`."""
