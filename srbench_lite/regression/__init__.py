"""From somebody's data to an answer: runs on a table, the formulas they found, and the one to take."""
