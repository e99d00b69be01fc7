"""Decisions on pending companies: what people and rules answer, and taking an answer back."""
