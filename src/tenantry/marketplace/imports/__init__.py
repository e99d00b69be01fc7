"""Imports of companies and people: a file becomes a plan, the plan is shown, and a person has it applied."""
