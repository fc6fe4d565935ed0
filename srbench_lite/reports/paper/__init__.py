"""Tables and figures of a paper, a document that shows them all, and numbers for its prose."""
