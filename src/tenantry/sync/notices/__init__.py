"""Notices: what managers and operators are told, once for each change of state and once when it is well again.

To tell something, give it a section ``notice_<kind>`` in each file of ``mail/words`` (``subject``, ``text``, ``next``,
``button``), and call :func:`tell_managers` in a marketplace's scope, or :func:`tell_operators`::

    tell_operators(subject=f"connection:{row.pk}", state="credentials", kind="quarantine_credentials",
                   parameters={"connection": row.name}, link=reverse("web:operator-connection", args=[row.pk]), now=now)

``subject`` names what it is about, ``state`` what became of it: the same state of the same subject is told once, until
another one was told. With ``recovery=True`` it says that it is well again, if that it was not was told. Pages show the
English words; letters go out in each recipient's language, from the queue.
"""

from tenantry.sync.notices.services import mark_all_read, mark_read, tell_managers, tell_operators

__all__ = ["mark_all_read", "mark_read", "tell_managers", "tell_operators"]
