"""Delivery: Conversions API events handed over so that none is lost, none counted twice, and each has its own outcome."""
