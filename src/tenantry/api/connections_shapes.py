"""Shapes of connections: what operators give, and what is told of them, which is nothing of a secret."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.problems import Problem
from tenantry.api.shapes import Given, PageShape, one_of
from tenantry.connections.models import ApplicationKind, SignIn
from tenantry.connections.probing import Tested, last_test
from tenantry.connections.services import MicrosoftConnection
from tenantry.providers.microsoft.clouds import Cloud
from tenantry.sync.hints.standing import PushStanding
from tenantry.sync.observe.states import ConnectionState

_PLACES = ("api", "authority", "graph", "ca_file")


class ProbeTold(Schema):
    """What a test found of one permission; ``ok`` is null where it could not be told."""

    name: str
    ok: bool | None
    permission: str
    sentence: str
    next: str

    @classmethod
    def all_of(cls, tested: Tested | None) -> "list[ProbeTold]":
        """Return what a test found as an answer says it."""
        return [
            cls(name=each.name.value, ok=each.ok, permission=each.permission, sentence=each.sentence,
                next=each.next_step)
            for each in (tested.results if tested else ())
        ]  # fmt: skip


class ConnectionTold(Schema):
    """A connection: nothing of its secrets but whether there are any, and when they end."""

    id: int
    name: str
    provider: str
    cloud: str
    partner_tenant_id: str
    application_id: str
    application_kind: str
    sign_in: str
    settings: Mapping[str, Any]
    enabled: bool
    health: str
    failure: Mapping[str, Any]
    last_listing_at: datetime | None
    has_secret: bool
    secret_expires_at: datetime | None
    signed_in: bool
    tested_at: datetime | None
    tests: list[ProbeTold]
    created_at: datetime

    @classmethod
    def of(cls, state: ConnectionState) -> "ConnectionTold":
        """Return a connection as an answer says it."""
        row = state.connection
        plain = (
            "name", "provider", "cloud", "partner_tenant_id", "application_id", "application_kind", "sign_in",
            "settings", "enabled", "secret_expires_at", "tested_at", "created_at",
        )  # fmt: skip
        members: dict[str, Any] = {name: getattr(row, name) for name in plain}
        return cls(
            id=row.pk, health=state.health.value, failure=state.failure, last_listing_at=state.last_listing,
            has_secret=row.sealed_secret is not None, signed_in=row.sealed_refresh_token is not None,
            tests=ProbeTold.all_of(last_test(row)), **members,
        )  # fmt: skip


class ConnectionPage(PageShape):
    """A page of connections, by name."""

    items: list[ConnectionTold]


class SecretGiven(Given):
    """A client secret, or a certificate with its key. It is sealed at once and never shown again."""

    secret: str = Field("", max_length=400)
    certificate: str = Field("", max_length=64 * 1024, description="PEM, instead of a secret.")
    private_key: str = Field("", max_length=64 * 1024, description="PEM, belonging to the certificate.")
    passphrase: str = Field("", max_length=400)
    expires_on: date | None = Field(None, description="Of a secret; a certificate tells by itself.")

    @property
    def credential(self) -> dict[str, str]:
        """What was given, as it is sealed: empty when nothing was. Raises :class:`Problem`."""
        if self.secret and self.certificate:
            raise Problem("invalid", "Give a secret or a certificate, not both.", errors={"secret": "Not both."})
        if bool(self.certificate) != bool(self.private_key):
            raise Problem("invalid", "A certificate and its key belong together.", errors={"private_key": "Give both."})
        if self.certificate:
            parts = {name: getattr(self, name) for name in ("certificate", "private_key", "passphrase")}
            return {name: value for name, value in parts.items() if value}
        return {"secret": self.secret} if self.secret else {}

    @property
    def expires_at(self) -> datetime | None:
        """The end of the day that was given."""
        return datetime.combine(self.expires_on, time.max, tzinfo=UTC) if self.expires_on else None


class ConnectionFields(Given):
    """The settings of a Microsoft connection."""

    name: str = Field(min_length=1, max_length=120)
    cloud: str = one_of([cloud.value for cloud in Cloud], Cloud.GLOBAL.value, "Which cloud the partner is in.")
    partner_tenant_id: str = Field(min_length=1, max_length=60)
    application_id: str = Field(min_length=1, max_length=60)
    application_kind: str = one_of(ApplicationKind.values, ..., "What is registered.")
    sign_in: str = one_of(SignIn.values, SignIn.APP_ONLY.value, "How it signs in.")
    api: str = Field("", max_length=300)
    authority: str = Field("", max_length=300)
    graph: str = Field("", max_length=300)
    ca_file: str = Field("", max_length=400)

    def given(self, kept: Mapping[str, Any], **secrets: Any) -> MicrosoftConnection:
        """Return what was given; ``kept`` are settings of the connection that a call does not know."""
        plain = self.model_dump(
            include={"name", "partner_tenant_id", "application_id", "application_kind", "sign_in", "cloud"}
        )
        places = {name: getattr(self, name).strip() for name in _PLACES}
        others = {name: value for name, value in kept.items() if name not in _PLACES}
        settings = others | {name: value for name, value in places.items() if value}
        return MicrosoftConnection(**plain, settings=settings, **secrets)


class NewConnection(ConnectionFields):
    """A new connection with its secret or certificate."""

    credential: SecretGiven = SecretGiven.model_validate({})


class EnabledGiven(Given):
    """Whether the connection is read."""

    enabled: bool


class HintsGiven(Given):
    """Whether to register for the provider's notifications, or only to look where they go."""

    register_here: bool = False


class HintsTold(Schema):
    """Where the provider's notifications go; empty when nobody is registered."""

    url: str
    ours: bool


class PushesGiven(Given):
    """Whether the provider is asked to tell when people of tenants change."""

    on: bool


class PushesTold(Schema):
    """How that stands: of ``tenants`` it tells ``until`` then, and is asked again before; ``failed`` it refused.

    ``refused`` messages came without their secret.
    """

    on: bool
    tenants: int
    failed: int
    until: datetime | None
    last_told_at: datetime | None
    refused: int
    problem: str

    @classmethod
    def of(cls, standing: PushStanding) -> "PushesTold":
        """Return it as an answer says it."""
        return cls(
            on=standing.on, tenants=standing.open, failed=standing.failed, until=standing.until,
            last_told_at=standing.last_at, refused=standing.refused, problem=standing.problem,
        )  # fmt: skip
