"""The data sets of the course: generated, or read from packages that carry them. Nothing here needs a network."""
