"""Measures the engine beside what people would pick instead: `make bench`, docs/bench.md."""
