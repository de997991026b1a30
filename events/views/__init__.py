"""The pages of a mentor."""
