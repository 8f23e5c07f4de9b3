"""Chapter 3: representation learning."""
