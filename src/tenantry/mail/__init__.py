"""E-mail: a letter in a person's language, as text and HTML, and handing it to a mail server.

Knows nothing of who is written to, or why; ``words`` has one file for each language. Nothing here touches the
database: letters are sent from queue jobs, outside any transaction.
"""

from tenantry.mail.languages import LANGUAGES, best_language, words_of
from tenantry.mail.letters import Letter, Person, message_of, new_message_id
from tenantry.mail.server import MailNotSent, MailServer, MailSetup, Tls, send

__all__ = [
    "LANGUAGES",
    "Letter",
    "MailNotSent",
    "MailServer",
    "MailSetup",
    "Person",
    "Tls",
    "best_language",
    "message_of",
    "new_message_id",
    "send",
    "words_of",
]
