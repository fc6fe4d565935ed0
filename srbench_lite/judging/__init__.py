"""Is the formula that was found the true one, and how good is it?"""
