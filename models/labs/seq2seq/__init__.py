"""Chapter 6: sequence-to-sequence models."""
