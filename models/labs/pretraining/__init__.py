"""Chapter 8: self-supervised learning and large pretrained models."""
