"""A chapter of toys."""
