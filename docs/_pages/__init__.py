"""What docs/make.py writes: one module for each kind of page."""
