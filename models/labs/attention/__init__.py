"""Chapter 7: attention and Transformers."""
