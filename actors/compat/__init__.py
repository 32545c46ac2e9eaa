"""Patches that let older libraries run on the current stack, one module each."""
