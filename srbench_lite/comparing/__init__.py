"""What records say: leaderboards, comparisons, the regression gate."""
