"""Conversions API events to Pinterest: kept, batched, sent, tried again, each with an outcome of its own."""
