"""Chapter 5: recurrent networks."""
