"""Figures the product promises, measured: `make bench` prints one table, target beside figure.

A benchmark is a module `bench_NAME.py` with `measure()`, which gives `Figure`s (see `harness`).
"""
