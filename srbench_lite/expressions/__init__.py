"""Formulas: the tree, its notations, derivatives, simplified forms and distances."""
