"""Chapter 1: linear models."""
