"""What a plugin offers, and how plugins are found."""
