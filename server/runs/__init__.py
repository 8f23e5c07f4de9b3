"""The life of a run: its process, its record, its viewers."""
