"""The REST API below ``/api/v1``: everything that the pages do, through the same services, queries and filters.

One file for each area with its routes, its shapes in ``<area>_shapes.py`` beside it. ``areas`` registers a route with
what all have: the token and what it may, the marketplace's scope, keys that make a call safe to repeat, versions.
"""
