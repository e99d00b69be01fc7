"""Pending companies: the list and the page of one."""
