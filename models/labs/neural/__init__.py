"""Chapter 2: neural networks."""
