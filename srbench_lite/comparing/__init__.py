"""Records put side by side: leaderboards, comparisons, the regression gate. See README.md beside this file."""
