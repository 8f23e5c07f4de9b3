"""Tests of the server: one file a module, with labs of their own."""
