"""The plan: documents and settings compiled once into generated functions."""

from .compiler import compile_plan
from .model import Plan

__all__ = ["Plan", "compile_plan"]
