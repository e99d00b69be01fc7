"""The cast and Northwind's stage, for the pages' tests."""

from tests.web.casting import cast, quick, stage, template

__all__ = ["cast", "quick", "stage", "template"]
