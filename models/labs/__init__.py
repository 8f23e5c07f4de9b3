"""The labs of the course: one folder a chapter; in it one NAME.py and one NAME.md a lab."""
