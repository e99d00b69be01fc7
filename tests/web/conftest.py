"""The cast and Northwind's stage, for the pages' tests."""

from tests.web.casting import cast, quick, scene, stage, template
from tests.webhooks.listening import server, to_this_machine

__all__ = ["cast", "quick", "scene", "server", "stage", "template", "to_this_machine"]
