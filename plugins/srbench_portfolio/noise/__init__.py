"""What is done where points have errors."""
