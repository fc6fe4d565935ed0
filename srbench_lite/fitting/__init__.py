"""What a method may borrow: fit constants, round and spell them, keep a Pareto front by description length."""
