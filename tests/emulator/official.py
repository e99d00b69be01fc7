"""Google's own client library over an emulator, with validation of whatever it gets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google_auth_httplib2
import googleapiclient
import httplib2
import pytest
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest

from tenantry.emulator.google.signin import PREFIX, SCOPES
from tenantry.emulator.server import Emulator

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
APIS = {"admin": "directory_v1", "reseller": "v1", "cloudchannel": "v1", "licensing": "v1"}


class Schema:
    """One discovery document, by which answers are judged: an unknown key or a wrong type fails."""

    def __init__(self, api: str, version: str) -> None:
        self.schemas = json.loads((DOCUMENTS / f"{api}.{version}.json").read_text())["schemas"]

    def check(self, value: Any, name: str) -> None:
        self._check(value, {"$ref": name}, name)

    def _check(self, value: Any, schema: dict[str, Any], where: str) -> None:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "any":
            return
        if kind == "object":
            assert isinstance(value, dict), where
            known, others = schema.get("properties", {}), schema.get("additionalProperties")
            for key, inner in value.items():
                assert key in known or others is not None, f"{where}: unknown key {key}"
                self._check(inner, known.get(key, others), f"{where}.{key}")
        elif kind == "array":
            assert isinstance(value, list), where
            assert value, f"{where}: an empty collection is a missing key"
            for inner in value:
                self._check(inner, schema["items"], where)
        else:
            types: dict[str, Any] = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}
            assert isinstance(value, types[kind]), f"{where}: {value!r} is no {kind}"
            assert kind == "boolean" or not isinstance(value, bool), where


@contextmanager
def official_over(emulator: Emulator) -> Iterator["Official"]:
    """The official library over this emulator, which must have understood all that it was asked."""
    library = Official(emulator)
    yield library
    library.http.close()
    assert emulator.counters.crashes == 0
    assert not emulator.counters.unknown


class Official:
    """The official library over one emulator, with validation of whatever it gets."""

    def __init__(self, emulator: Emulator, subject: str = "") -> None:
        self.emulator = emulator
        google = emulator.google
        info = json.loads(google.service_account.key_file(google.signin.url))
        credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]  # half typed
            info, scopes=[PREFIX + scope for scope in SCOPES], subject=subject or google.subject
        )
        self.http = google_auth_httplib2.AuthorizedHttp(credentials, http=httplib2.Http(proxy_info=None))
        options = {"api_endpoint": emulator.google_url}
        self.services = {
            api: build(api, version, http=self.http, client_options=options, cache_discovery=False)
            for api, version in APIS.items()
        }
        self.schemas = {api: Schema(api, version) for api, version in APIS.items()}

    def call(self, api: str, request: HttpRequest, schema: str) -> Any:
        answer = request.execute(num_retries=0)
        self.schemas[api].check(answer, schema)
        return answer

    def refused(self, request: HttpRequest) -> tuple[int, str]:
        with pytest.raises(HttpError) as refusal:
            request.execute(num_retries=0)
        return refusal.value.status_code, refusal.value.error_details[0]["reason"]
