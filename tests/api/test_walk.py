"""Everything that the pages do, done through the API: with the same outcome, and refused with the same sentence.

The pages come from the URL configuration. A new one fails here until ``walk`` says which call does the same, or why
none does. What is done is compared by what it leaves on the record; it is taken back after each look.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.fixtures import Settings
from tests.api.calling import Api, api_of, installation_api
from tests.api.stage import Ids, fill
from tests.api.walk import ASKING, READS, TWINS, Twin, reason_without
from tests.security.test_every_route import ROUTES
from tests.web.cast import Cast
from tests.web.reading import text_of

from tenantry.api.v1 import api as whole
from tenantry.audit.models import INSTALLATION, Event
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company
from tenantry.marketplace.queries import every_marketplace_id
from tenantry.sync.switches import read_company_sync

GUID = str(UUID(int=7))
Happened = list[tuple[str, str, str]]


def _pages(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _pages(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"


def _names() -> list[str]:
    return sorted(name.removeprefix("web:") for name in _pages(get_resolver()) if name.startswith("web:"))


def test_every_page_has_its_call_or_says_why_not() -> None:
    def has_one(name: str) -> bool:
        return bool(reason_without(name)) != (name in {*READS, *TWINS, *ASKING})

    assert [name for name in _names() if not has_one(name)] == []
    assert set(READS) | set(TWINS) | set(ASKING) <= set(_names())


def _operation(call: str) -> tuple[str, str]:
    method, _, path = call.partition(" ")
    return method, "/".join("*" if part.startswith("{") else part for part in path.partition("?")[0].split("/"))


def test_each_call_of_the_walk_is_the_same_action_as_its_page() -> None:
    actions: dict[tuple[str, str], set[Action]] = {}
    for router in whole._get_bound_routers():  # noqa: SLF001  # as ninja's own description does
        for path, view in router.path_operations.items():
            for operation in view.operations:
                spec = operation.auth_callbacks[0].spec  # type: ignore[attr-defined]  # every route has a TokenFor
                key = _operation(f"{operation.methods[0]} {path}")
                actions[key] = {spec.action, *spec.others}
    calls = {name: [twin.call for twin in twins] for name, twins in TWINS.items()} | {
        name: list(each) for name, each in READS.items()
    }
    wrong = []
    for name, each in calls.items():
        asked = ROUTES[f"web:{name}"].needs
        wrong += [(name, call) for call in each if not actions[_operation(call)] & set(asked)]
    # What a decision on many would do is looked at by who may decide; a page's part that reads is asked like its list.
    assert wrong == []


@dataclass
class Scene:
    """Northwind with one row of everything, a page's visitor and a program, for managers and for operators."""

    cast: Cast
    ids: Ids
    apis: dict[bool, Api]
    words: dict[str, str]

    def client(self, *, operator: bool) -> Client:
        return self.cast.client("operator" if operator else "owner")


@pytest.fixture
def scene(cast: Cast, settings: Settings) -> Scene:
    settings.WEBHOOKS_TO_LOOPBACK = True
    ids = fill(cast)
    with marketplace_scope(cast.northwind.pk):
        words = {
            "version": str(Company.objects.get(pk=ids["company"]).version),
            "settings": str(read_company_sync().version), "guid": GUID,
        }  # fmt: skip
    cast.enter("operator", cast.northwind)
    cast.client("owner")
    return Scene(cast, ids, {False: api_of(cast), True: installation_api(cast)}, words)


def _filled(value: Any, words: dict[str, str]) -> Any:
    """Return what is sent, with what is known only now: ``{version}``."""
    if isinstance(value, str) and value.startswith("{"):
        return words[value.strip("{}")]
    if isinstance(value, dict):
        return {name: _filled(each, words) for name, each in value.items()}
    return value


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _last() -> int:
    found = [0, *Event.objects.filter(marketplace_id=INSTALLATION).values_list("pk", flat=True)]
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            found += Event.objects.filter(marketplace_id=marketplace_id).values_list("pk", flat=True)
    return max(found)


def _since(last: int) -> Happened:
    """Return what was recorded: action, what it was done to, and what came of it apart from ids."""
    rows = list(Event.objects.filter(marketplace_id=INSTALLATION, pk__gt=last))
    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            rows += Event.objects.filter(marketplace_id=marketplace_id, pk__gt=last)
    told = [row for row in rows if not row.action.startswith("marketplace.access.")]
    return sorted((row.action, row.target_kind, repr(_plain(row.after))) for row in told)


def _plain(after: dict[str, Any] | None) -> list[tuple[str, Any]]:
    plain = {name: value for name, value in (after or {}).items() if not isinstance(value, int)}
    plain |= {name: value for name, value in (after or {}).items() if isinstance(value, bool)}
    return sorted((name, str(value)) for name, value in plain.items())


def _on_the_page(scene: Scene, name: str, twin: Twin) -> tuple[Happened, str]:
    data = _filled(twin.page(scene.ids), scene.words)
    data = {
        name: SimpleUploadedFile("a.csv", value, "text/csv") if isinstance(value, bytes) else value
        for name, value in data.items()
    }
    address = reverse(f"web:{name}", args=[scene.ids[row] for row in twin.place])
    last = _last()
    answer = scene.client(operator=twin.operator).post(address, data, follow=True)
    return _since(last), text_of(answer)


def _through_the_api(scene: Scene, twin: Twin) -> tuple[Happened, Any]:
    method, _, path = twin.call.partition(" ")
    for row, value in scene.ids.items():
        path = path.replace(f"{{{row}}}", str(value))
    body = _filled(twin.body(scene.ids), scene.words) if twin.body else None
    api = scene.apis[twin.operator]
    last = _last()
    if isinstance(body, dict) and isinstance(body.get("file"), bytes):
        file = SimpleUploadedFile("a.csv", body["file"], "text/csv")
        headers = {"Authorization": f"Bearer {api.secret}"}
        answer: Any = Client().post(f"/api/v1{path}", {"file": file}, headers=headers)
    else:
        answer = api.ask(method, path, body, match=twin.match or None)
    return _since(last), answer


CASES: list[tuple[str, Twin]] = [(name, twin) for name, twins in TWINS.items() for twin in twins]


def _different(scene: Scene, name: str, twin: Twin) -> str:
    """Return how page and API differ in what they did, or nothing."""
    with _taken_back():
        page, words = _on_the_page(scene, name, twin)
    with _taken_back():
        api, answer = _through_the_api(scene, twin)
    if page != api:
        return f"page did {page}, API {api} and said {answer.content.decode()[:300]}; page: {words[:600]}"
    if not twin.refused:
        return (
            ""
            if (page or twin.more.get("quiet")) and answer.status_code < 300
            else f"nothing happened: {answer.content.decode()[:300]}"
        )
    if page or answer.status_code < 400:
        return f"was not refused: {answer.content.decode()[:300]}"
    told = answer.json()
    sentences = [error["sentence"] for error in told["errors"]] or [told["detail"]]
    if "decided" in told:  # a page says besides how long ago
        sentences = [told["decided"]["what"], told["decided"]["who"]]
    missing = [each for each in sentences if " ".join(each.split()).lower() not in words.lower()]
    return f"the page does not say {missing}: {words[:600]}" if missing and twin.more.get("sentences", True) else ""


def test_what_a_page_does_the_api_does_with_the_same_outcome_and_the_same_refusals(scene: Scene) -> None:
    wrong = {}
    for number, (name, twin) in enumerate(CASES):
        difference = _different(scene, name, twin)
        if difference:
            wrong[f"{number} {name}"] = difference
    assert not wrong, "\n".join(f"{case}: {difference}" for case, difference in wrong.items())


_BODIES: dict[str, Callable[[Ids], Any]] = {
    "pending-bulk": lambda ids: {"action": "ignore", "ids": [ids["pending"]]},
    "sync-settings-effect": lambda _ids: {"company_sync": False},
}


def test_what_a_page_shows_the_api_tells(scene: Scene) -> None:
    wrong = {}
    for name, calls in READS.items():
        for call in calls:
            method, _, path = call.partition(" ")
            for row, value in scene.ids.items():
                path = path.replace(f"{{{row}}}", str(value))
            body = _BODIES[name](scene.ids) if name in _BODIES else None
            answer = scene.apis["/installation/" in path].ask(method, path, body)
            if answer.status_code != 200:
                wrong[call] = answer.content.decode()[:300]
    assert wrong == {}
