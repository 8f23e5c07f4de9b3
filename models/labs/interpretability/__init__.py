"""Chapter 10: interpretability and fairness."""
