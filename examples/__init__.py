"""Example settings and events, the program that makes the events, and a demonstration. No part of the package."""
