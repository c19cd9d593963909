"""Hosts: the envelopes in which customer data platforms hand events over, and take answers back."""
