"""Chapter 9: deep generative models."""
