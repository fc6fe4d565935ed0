"""What is to be solved: samples, tasks, suites."""
