"""Keys are replaced while the installation works: everything still opens, and the old key can go."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from tests.installed import tenantry
from tests.web.cast import Cast, make_cast

from tenantry.audit.chain import chain_events
from tenantry.audit.models import INSTALLATION, Event
from tenantry.audit.queries import personal_values_of
from tenantry.audit.verifying import scope_of
from tenantry.cli.sealed import all_sealed, keys_in_use, places_that_do_not_open, reseal_all
from tenantry.connections.models import Connection
from tenantry.connections.secrets import StoredRefreshTokens, open_credential, seal_credential, seal_refresh_token
from tenantry.sealing import add_key, load_key_ring


@pytest.fixture
def keys(tmp_path: Path, database: str) -> Iterator[Path]:
    """The installation's keys, in a copy that this test may change."""
    own = tmp_path / "keys"
    shutil.copytree(settings.KEYS_FOLDER, own)
    before, settings.KEYS_FOLDER = settings.KEYS_FOLDER, own
    yield own
    settings.KEYS_FOLDER = before


@pytest.fixture
def filled(keys: Path, now: datetime) -> Cast:
    """An installation with something sealed in every place that an early life has."""
    cast = make_cast(now)
    row = Connection.objects.get()
    seal_credential(row, {"secret": "the secret"}, now=now)
    seal_refresh_token(row, "first", now=now)
    row.save()
    StoredRefreshTokens(row).replace(new="second", old="first")
    TOTP.activate(cast.accounts["owner"], "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(cast.accounts["owner"])
    chain_events(marketplace_id=INSTALLATION, now=now)
    return cast


def opened() -> dict[str, Any]:
    """What everybody needs to open, opened."""
    row = Connection.objects.get()
    with scope_of(INSTALLATION):
        personal = personal_values_of(list(Event.objects.order_by("pk")))
    factors = {factor.type: factor.wrap() for factor in Authenticator.objects.all()}
    return {
        "credential": open_credential(row), "sign-in": StoredRefreshTokens(row).load(), "personal": personal,
        "app": factors["totp"].validate_code("000000"), "codes": factors["recovery_codes"].get_unused_codes(),
    }  # fmt: skip


def test_everything_opens_after_a_rotation_that_was_killed_and_the_old_key_can_go(filled: Cast, keys: Path) -> None:
    command = {"TENANTRY_KEYS": str(keys)}
    before = opened()
    add_key(keys)  # as far as a rotation came that was killed then
    assert load_key_ring(keys).current == "k2"
    kept = tenantry("keys", "drop-old", **command)
    assert (kept.code, "still sealed with k1" in kept.err) == (1, True), kept.err
    rotated = tenantry("keys", "rotate", **command)
    assert (rotated.code, "k3" in rotated.err, "connections_connection.sealed_secret: 1" in rotated.err) == (
        (0, False, True)
    ), rotated.err
    assert (keys_in_use(), opened() == before) == ({"k2"}, True)
    assert tenantry("audit", "verify", **command).code == 0
    dropped = tenantry("keys", "drop-old", **command)
    assert (dropped.code, list(load_key_ring(keys).keys)) == (0, ["k2"]), dropped.err
    assert (opened() == before, places_that_do_not_open()) == (True, 0)
    assert tenantry("audit", "verify", **command).code == 0
    assert [(one["key"], one["current"]) for one in tenantry("keys", "list", "--json", **command).json] == [
        ("k2", True)
    ]
    assert keys.joinpath("sealing.json").stat().st_mode & 0o077 == 0


def test_a_rotation_knows_every_sealed_column_there_is(filled: Cast) -> None:
    columns = {
        f"{model._meta.db_table}.{field.column}"  # noqa: SLF001  # Django documents _meta as public
        for model in apps.get_models()
        for field in model._meta.fields  # noqa: SLF001  # same
        if field.name.startswith("sealed_")
    }
    assert columns <= {sealed.name for sealed in all_sealed()}


def test_what_belongs_to_other_keys_is_counted_and_a_rotation_leaves_it_alone(filled: Cast, keys: Path) -> None:
    Connection.objects.update(sealed_secret=b"\x01\x02kXsomething")
    assert places_that_do_not_open() == 1
    add_key(keys)
    stopped = tenantry("keys", "rotate", TENANTRY_KEYS=str(keys))
    assert (stopped.code, "is not in the key ring" in stopped.err) == (1, True)
    Connection.objects.update(sealed_secret=None)
    told: dict[str, int] = {}
    assert reseal_all(told=told.__setitem__) == sum(told.values())
    assert reseal_all(told=told.__setitem__) == 0
