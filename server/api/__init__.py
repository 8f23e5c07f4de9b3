"""REST and the stream."""
