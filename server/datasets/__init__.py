"""The user's own tables: read from CSV, kept by their content, listed by their owner."""
