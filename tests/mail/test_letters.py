"""Letters: every language says everything, headers can't be broken, and what the mail server does is told."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tenantry.emulator.certificates import prepare
from tenantry.emulator.mailbox import MailSink
from tenantry.mail import (
    LANGUAGES,
    Letter,
    MailNotSent,
    MailServer,
    Person,
    Tls,
    best_language,
    message_of,
    new_message_id,
    send,
    words_of,
)
from tenantry.mail.languages import sections, written_date
from tenantry.mail.letters import envelope_address

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LETTER = Letter(
    "en", "Your invitation", "Hello Anna,", ("You are invited.", "Open it."), "Open", "https://cloud.example/invitation/x/",
    ("Once.",), note="See you <b>soon</b>\nMax", note_by="Max writes:",
)  # fmt: skip
SENDER, ANNA = Person("store@tenantry.example", "Northwind"), Person("anna@alpine.example", "Anna Berg")


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_holes(language: str) -> None:
    for section in sections():
        ours, theirs = words_of(language, section), words_of("en", section)
        assert ours.keys() == theirs.keys()
        assert {key: holes(text) for key, text in ours.items()} == {key: holes(text) for key, text in theirs.items()}
        assert all(text.strip() for text in ours.values())


def test_the_four_languages_are_there_and_others_fall_back_to_english() -> None:
    assert list(LANGUAGES) == ["en", "de", "es", "fr"]
    assert best_language("de-AT") == "de"
    assert best_language("", "pt_BR", "fr") == "fr"
    assert best_language("xx") == "en"


def test_dates_are_written_as_people_write_them() -> None:
    written = {language: written_date(date(2026, 3, 9), language) for language in LANGUAGES}
    assert written == {"en": "9 March 2026", "de": "9. März 2026", "fr": "9 mars 2026", "es": "9 de marzo de 2026"}


def make(letter: Letter = LETTER, sender: Person = SENDER, recipient: Person = ANNA) -> bytes:
    return message_of(letter, sender=sender, recipient=recipient, message_id="<1@x>", at=AT).as_bytes()


def test_a_letter_is_text_and_html_of_the_same_words() -> None:
    message = message_from_bytes(make(), policy=default)
    assert message.get_content_type() == "multipart/alternative"
    text, page = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]  # there are both
    for words in ("Hello Anna,", "You are invited.", "https://cloud.example/invitation/x/", "Once."):
        assert words in text
        assert words in page
    assert "> See you <b>soon</b>\n> Max" in text.replace("\r\n", "\n")
    assert "See you &lt;b&gt;soon&lt;/b&gt;<br>Max" in page
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"


@pytest.mark.parametrize(
    "evil", ["Hi\r\nBcc: all@victims.example", "Hi\nX: y", "Hi\u2028Bcc: x", "Hi\x00there", "\u202egro.elpmaxe"]
)
def test_nothing_that_somebody_wrote_makes_another_header(evil: str) -> None:
    content = make(replace(LETTER, subject=evil), Person(SENDER.email, evil), Person(ANNA.email, evil))
    message = message_from_bytes(content, policy=default)
    assert sorted(message.keys()) == sorted(message_from_bytes(make(), policy=default).keys())
    assert message["Bcc"] is None
    assert "\u202e" not in str(message["Subject"])


@pytest.mark.parametrize(
    "address", ["a@b\r\nRCPT TO:<x@y>", "a b@c.example", "a@b.example, x@y.example", "@b", "ä@b.example", "a"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"not an e-mail address"):
        envelope_address(address)


def test_a_domain_of_another_script_is_encoded() -> None:
    assert envelope_address("anna@müller.example") == "anna@xn--mller-kva.example"


def hand_over(server: MailServer, recipient: str = ANNA.email) -> None:
    message = message_of(LETTER, sender=SENDER, recipient=Person(recipient), message_id=new_message_id("x"), at=AT)
    send(message, sender=SENDER.email, recipient=recipient, server=server)


@pytest.fixture
def sink(tmp_path: Path) -> MailSink:
    return MailSink(tmp_path / "mailbox", tls=prepare(tmp_path / "papers").tls)


def test_a_letter_reaches_the_server_with_and_without_encryption(sink: MailSink, tmp_path: Path) -> None:
    sink.mood.login = ("tenantry", "geheim-1")
    open_way = MailServer("localhost", sink.port, Tls.NONE, "tenantry", "geheim-1")
    with sink:
        hand_over(open_way)
        hand_over(replace(open_way, tls=Tls.STARTTLS, ca_file=tmp_path / "papers" / "ca.pem"))
        with pytest.raises(MailNotSent, match="No secure connection"):
            hand_over(replace(open_way, tls=Tls.STARTTLS))
        with pytest.raises(MailNotSent, match="refused our user name or password") as refused:
            hand_over(replace(open_way, password="wrong"))
    assert not refused.value.permanent
    assert "geheim" not in repr(open_way)
    assert len(sink.messages()) == 2


def test_what_the_server_refuses_is_told_and_only_a_missing_mailbox_is_for_good(sink: MailSink) -> None:
    server = MailServer("127.0.0.1", sink.port, Tls.NONE)
    sink.mood.refused = {"gone@alpine.example"}
    with sink:
        with pytest.raises(MailNotSent, match=r"550 .*No such mailbox") as gone:
            hand_over(server, "gone@alpine.example")
        sink.mood.busy = True
        with pytest.raises(MailNotSent, match=r"451 .*Busy") as busy:
            hand_over(server)
        sink.mood.dead = True
        with pytest.raises(MailNotSent, match="does not answer"):
            hand_over(server)
    with pytest.raises(MailNotSent, match="does not answer"):
        hand_over(server)
    assert (gone.value.permanent, busy.value.permanent) == (True, False)
    assert sink.messages() == []


def test_a_server_that_does_not_relay_for_us_says_nothing_about_the_recipient(sink: MailSink) -> None:
    sink.mood.relays = False
    with sink, pytest.raises(MailNotSent, match=r"5\.7\.1 Relaying denied") as refused:
        hand_over(MailServer("127.0.0.1", sink.port, Tls.NONE))
    assert not refused.value.permanent
