"""The installation's own machinery: its folder, its embedded PostgreSQL, its supervised processes.

Standard library only. It knows nothing of what the processes do; the command line and the tests use it.
"""
