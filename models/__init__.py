"""The course: what a lab is (`core`), its data, its shared modules, and the labs, one folder a chapter."""
