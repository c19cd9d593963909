"""The rule engine's parts: documents, dot-paths and transforms. It knows nothing of Pinterest; documents do."""
