"""The samples of the how-to: each curl command of it does what the page says."""

import re
import shlex
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.api.calling import api_of
from tests.web.cast import Cast
from tests.web.people import add_company
from tests.web.stage import Customer, Stage

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Import, ImportState
from tenantry.sync.matching.refreshing import match_all

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "rest-api.md"
BLOCK = re.compile(r"^```sh\n(curl .*?)^```", re.MULTILINE | re.DOTALL)
CONTENT = b"external_id,name\nC-1,Alpine Ski House\n"


def _run(command: str, variables: dict[str, str]) -> Any:
    """Do what a curl command does, without the network between."""
    text = re.sub(r"\$([A-Z]+)", lambda name: variables[name[1]], command.replace("\\\n", " "))
    words = iter(shlex.split(text)[1:])
    method, headers, body, url, files = "GET", {}, "", "", {}
    for word in words:
        if word in {"-s", "-i"}:
            continue
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        elif word == "-F":
            name, _, file = next(words).partition("=@")
            files[name] = SimpleUploadedFile(file, CONTENT, "text/csv")
        else:
            url = word.removeprefix(variables["TENANTRY"])
    if files:
        return Client().post(url, files, headers=headers)
    return Client().generic(method, url, body, content_type=headers.pop("Content-Type", ""), headers=headers)


def test_every_sample_does_what_the_page_says(cast: Cast, stage: Stage) -> None:
    add_company(cast.northwind, "Alpine Ski House", "alpine.example")
    stage.sync([Customer("Alpine Ski House GmbH", "alpine.example", "AT"), Customer("Other", "other.example", "AT")])
    match_all(marketplace_id=cast.northwind.pk, clock=timezone.now, should_stop=lambda: False)
    row = stage.pending(domain="other.example")
    variables = {"TENANTRY": "https://tenantry.example", "TOKEN": api_of(cast).secret, "ID": str(row.pk)}
    commands = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(commands) == 9
    for command in commands:
        answer = _run(command.replace('"0"', f'"{row.version}"'), variables)
        assert answer.status_code in {200, 201, 202}, (command, answer.content)
        told = answer.json()
        if "match=strong" in command:
            assert [each["name"] for each in told["items"]] == ["Alpine Ski House GmbH"]
        if "/create" in command:
            variables |= {"DECISION": str(told["decision_id"])}
        if "companies?q=" in command:
            variables |= {"COMPANY": str(told["items"][0]["id"])}
        if command.endswith('/imports"\n'):
            variables |= {"IMPORT": str(told["id"])}
            with marketplace_scope(cast.northwind.pk):
                Import.objects.update(state=ImportState.PLANNED)
