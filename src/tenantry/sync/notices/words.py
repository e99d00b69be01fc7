"""What a notice says, in a language: from the words of letters and the notice's own parameters."""

from dataclasses import dataclass

from tenantry.mail import words_of
from tenantry.sync.models import Notice, OperatorNotice


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A heading, what happened, what happens next, and the label of the link."""

    title: str
    text: str
    following: str
    button: str


def notice_words(notice: Notice | OperatorNotice, language: str = "en") -> NoticeWords:
    """Return the words of a notice."""
    words = words_of(language, f"notice_{notice.kind}")
    subject, text, following = (words[key].format(**notice.parameters) for key in ("subject", "text", "next"))
    return NoticeWords(subject, text, following, words["button"])
