"""Invitations: a person is asked by e-mail to accept a membership, once. Nothing happens until they do.

``services`` makes, repeats, revokes and expires them, ``accepting`` is what the invited person does, ``sending`` hands
the e-mails to the mail server from a queue job, ``queries`` and ``filters`` read.
"""
