"""What the environment says about mail and single sign-on: read whole, or refused with a sentence."""

from pathlib import Path

import pytest

from tenantry.config.environment import BadEnvironment
from tenantry.config.mail import mail_setup
from tenantry.config.sign_in import sign_in_providers
from tenantry.mail import Tls


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "TLS", "USER", "PASSWORD", "PASSWORD_FILE", "CA"):
        monkeypatch.delenv(f"TENANTRY_SMTP_{name}", raising=False)
    for name in ("TENANTRY_URL", "TENANTRY_MAIL_FROM", "TENANTRY_SIGN_IN"):
        monkeypatch.delenv(name, raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"TENANTRY_{name}", value)


def test_without_a_server_or_an_address_nothing_is_sent_and_the_reason_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "TENANTRY_SMTP_HOST" in mail_setup().lacks
    given(monkeypatch, SMTP_HOST="mail.example.com")
    assert "TENANTRY_URL" in mail_setup().lacks
    assert mail_setup().server is None
    given(monkeypatch, URL="https://cloud.example.com/")
    setup = mail_setup()
    assert (setup.lacks, setup.url) == ("", "https://cloud.example.com")
    assert setup.server is not None
    assert (setup.server.port, setup.server.tls) == (587, Tls.STARTTLS)


def test_a_password_comes_from_a_file_and_never_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    given(
        monkeypatch,
        SMTP_HOST="mail.example.com",
        URL="https://c.example",
        SMTP_USER="u",
        SMTP_PASSWORD_FILE=str(secret),
    )
    server = mail_setup().server
    assert server is not None
    assert server.password == "s3cret"
    assert "s3cret" not in repr(mail_setup())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"SMTP_HOST": "https://mail"}, "the name of the mail server alone"),
        ({"SMTP_HOST": "mail", "SMTP_PORT": "99999"}, "at most 65535"),
        ({"SMTP_HOST": "mail", "SMTP_PORT": "x"}, "whole number"),
        ({"SMTP_HOST": "mail", "SMTP_TLS": "ssl"}, "starttls, tls or none"),
        ({"SMTP_HOST": "mail", "SMTP_USER": "u"}, "belong together"),
        ({"SMTP_HOST": "mail", "SMTP_USER": "u", "SMTP_PASSWORD": "p", "SMTP_TLS": "none"}, "travel readably"),
        ({"SMTP_HOST": "mail", "SMTP_USER": "u", "SMTP_PASSWORD": "ä"}, "plain letters"),
        ({"SMTP_HOST": "mail", "SMTP_CA": "/nowhere/ca.pem"}, "is no file"),
        ({"URL": "cloud.example.com"}, "TENANTRY_URL"),
        ({"URL": "https://cloud.example.com/path"}, "TENANTRY_URL"),
        ({"URL": "javascript:alert(1)"}, "TENANTRY_URL"),
        ({"MAIL_FROM": "Store <a@b>"}, "TENANTRY_MAIL_FROM"),
        ({"MAIL_FROM": "a@b\r\nBcc: x@y"}, "TENANTRY_MAIL_FROM"),
    ],
)
def test_nonsense_about_mail_is_refused(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], words: str) -> None:
    given(monkeypatch, **values)
    with pytest.raises(BadEnvironment, match=words):
        mail_setup()


def providers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> list[dict[str, object]]:
    path = tmp_path / "sign-in.toml"
    path.write_text(content)
    given(monkeypatch, SIGN_IN=str(path))
    return sign_in_providers()


def test_providers_of_single_sign_on_are_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("g-secret\n")
    found = providers(monkeypatch, tmp_path, f"""
        [microsoft]
        preset = "microsoft"
        client_id = "m"
        secret = "m-secret"
        [google]
        preset = "google"
        client_id = "g"
        secret_file = "{tmp_path / "secret"}"
        [house]
        name = "Our house"
        issuer = "https://login.example.com/realms/house/"
        client_id = "h"
        secret = "h-secret"
        """)  # fmt: skip
    assert [(each["provider_id"], each["name"], each["secret"]) for each in found] == [
        ("microsoft", "Microsoft", "m-secret"), ("google", "Google", "g-secret"), ("house", "Our house", "h-secret"),
    ]  # fmt: skip
    assert [each["settings"]["server_url"] for each in found] == [  # type: ignore[index]  # a dict
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://accounts.google.com",
        "https://login.example.com/realms/house",
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[a]\nclient_id = "x"\nsecret = "y"', "issuer is the provider's address"),
        ('[a]\nissuer = "http://x.example"\nclient_id = "x"\nsecret = "y"', "beginning with https"),
        ('[a]\nissuer = "https://x.example"\nsecret = "y"', "client_id is missing"),
        ('[a]\nissuer = "https://x.example"\nclient_id = "x"', "either secret or secret_file"),
        ('[a]\nissuer = "https://x.example"\nclient_id = "x"\nsecret_file = "/no/where"', "can't be read"),
        ('[a]\npreset = "github"\nclient_id = "x"\nsecret = "y"', "preset is microsoft or google"),
        ('[a]\npreset = "google"\ntenant = "t"\nclient_id = "x"\nsecret = "y"', "tenant is for the preset microsoft"),
        ('[a]\npassword = "x"', "password is not known"),
        ("[A]\n", "small letters"),
        ("a = 1", "small letters|table"),
        ("no toml", "is not TOML"),
    ],
)
def test_nonsense_about_single_sign_on_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: str, words: str
) -> None:
    with pytest.raises(BadEnvironment, match=words):
        providers(monkeypatch, tmp_path, table)
