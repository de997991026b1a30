"""Lists of organisations and of their members (`portal.imports`)."""
