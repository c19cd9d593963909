"""Insight: what one event becomes, and why, as one JSON answer. It knows no names of events: documents and settings tell them."""
