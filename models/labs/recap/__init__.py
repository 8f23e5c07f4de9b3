"""Chapter 0: recap."""
