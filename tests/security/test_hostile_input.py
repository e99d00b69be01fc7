"""What people type, upload and carry in stays what it is: text, never a formula, markup, a template or a session."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from django.utils import timezone
from tests.web.cast import OPERATOR, PASSWORD, Cast

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.imports import services as imports
from tenantry.marketplace.models import Company, CompanyOrigin

EVIL = (
    "=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "{{ 7|add:7 }}", "{% debug %}", "${7*7}", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "%(secret)s {0.__class__}",
)  # fmt: skip


@pytest.fixture
def named(cast: Cast) -> Cast:
    """Companies whose names are attacks."""
    with marketplace_scope(cast.northwind.pk):
        for name in EVIL:
            create_company(
                draft=CompanyDraft(name, "DE"), origin=CompanyOrigin.BY_HAND, actor=OPERATOR, now=timezone.now()
            )
    return cast


def test_a_formula_in_a_name_is_a_text_in_every_export(named: Cast) -> None:
    content = b"".join(named.client("owner").get("/companies/export.csv")).decode("utf-8-sig")
    cells = [cell.strip('"') for line in content.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "-2"))] == []
    assert "'=HYPERLINK(1)" in content


def test_what_looks_like_a_template_or_markup_is_shown_as_it_is_written(named: Cast) -> None:
    client = named.client("owner")
    with marketplace_scope(named.northwind.pk):
        rows = list(Company.objects.order_by("pk"))
    pages = [client.get("/companies/"), *(client.get(f"/companies/{row.pk}/") for row in rows), client.get("/audit/")]
    for page in pages:
        content = page.content.decode()
        assert page.status_code == 200
        assert "<script>alert" not in content
        assert "<img src=x" not in content
    listed = pages[0].content.decode()
    for name in EVIL:
        assert Template("{{ name }}").render(Context({"name": name})) in listed


def test_an_upload_that_is_too_large_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tenantry.marketplace.imports.services", "tenantry.web.imports.views"):
        monkeypatch.setattr(f"{module}.LARGEST_FILE", 1000)
    assert imports.LARGEST_FILE == 1000
    file = SimpleUploadedFile("a.csv", b"name\n" + b"x" * 2000, content_type="text/csv")
    answer = cast.client("owner").post("/imports/", {"kind": "companies", "file": file})
    assert answer.status_code in {400, 422}
    assert "larger than" in answer.content.decode()


def test_signing_in_makes_a_new_session(cast: Cast) -> None:
    client = Client()
    client.get("/account/sign-in/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = str(session.session_key)
    client.cookies["sessionid"] = planted
    client.post("/account/sign-in/", {"login": "owner@people.example", "password": PASSWORD})
    assert client.session.session_key != planted
    assert client.get("/companies/").status_code == 200
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert stranger.get("/companies/").status_code == 302


def test_behind_tls_cookies_are_secure_and_browsers_stay_on_https(tmp_path: Path) -> None:
    code = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.SECURE_HSTS_SECONDS >= 31536000, s.SECURE_PROXY_SSL_HEADER)"
    )
    environment = {
        "TENANTRY_BEHIND_TLS": "1", "TENANTRY_HOME": str(tmp_path), "DATABASE_URL": "postgresql:///x",
        "DJANGO_SETTINGS_MODULE": "tenantry.config.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True True True ('HTTP_X_FORWARDED_PROTO', 'https')"
