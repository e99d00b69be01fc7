"""No tables: Django sends ``post_migrate``, on which the grants hang, only for apps that have this module."""
