"""The pages of the school's contact person and of the coordinator."""
