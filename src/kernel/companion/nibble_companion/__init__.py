"""Syntax colours for Nibble programs."""
