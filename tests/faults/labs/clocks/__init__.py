"""A chapter of clocks."""
