"""The Reseller API and Cloud Channel: who is resold, and what was sold. Contract sections 9 and 10."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tenantry.emulator.google import representations as show
from tenantry.emulator.google.gate import Caller
from tenantry.emulator.google.refusals import GoogleRefusal, refused
from tenantry.emulator.google.replies import Asked, Json, Replies
from tenantry.emulator.google.world import RESELLER, Account, GoogleWorld
from tenantry.emulator.messages import Answer

_FILTER: Final = re.compile(r'\s*(domain|org_display_name|cloud_identity_id)\s*(=|:)\s*"?([^"]*?)\*?"?\s*')


class Reselling:
    """Answers both APIs of resellers."""

    def __init__(self, world: GoogleWorld, replies: Replies) -> None:
        self._world = world
        self._replies = replies

    def customer(self, asked: Asked, caller: Caller, key: str) -> Answer:
        """Answer ``GET /apps/reseller/v1/customers/{key}``: by id or by primary domain."""
        self._only_resellers(caller)
        index = self._world.index_of(key)
        index = self._world.index_of_domain(key.lower()) if index is None else index
        if index is None or index == RESELLER:
            raise refused("notFound", "Resource Not Found: customer")
        account = self._world.account(index)
        if not account.resold or not account.reseller_access:
            raise refused("forbidden")
        return self._replies.answer(asked, show.reseller_customer(account, self._world.company(index)))

    def subscriptions(self, asked: Asked, caller: Caller) -> Answer:
        """Answer ``GET /apps/reseller/v1/subscriptions``."""
        self._only_resellers(caller)
        size = self._replies.size(asked, usual=20, most=100)
        after = self._replies.tokens.read(asked.parameters) or [0, -1]
        found = list(islice(self._sold(asked, int(after[0]), int(after[1])), size + 1))
        rows = [row for _, row in found[:size]]
        token = self._replies.tokens.make(asked.parameters, found[size - 1][0]) if len(found) > size else ""
        return self._replies.answer(
            asked, self._replies.listing("reseller#subscriptions", "subscriptions", rows, token)
        )

    def subscription(self, asked: Asked, caller: Caller, key: str, number: str) -> Answer:
        """Answer ``GET /apps/reseller/v1/customers/{key}/subscriptions/{number}``."""
        self._only_resellers(caller)
        index = self._world.index_of(key)
        rows = [] if index is None else self._of(self._world.account(index))
        row = next((row for row in rows if row["subscriptionId"] == number), None)
        if row is None:
            raise refused("notFound", "Resource Not Found: subscription")
        return self._replies.answer(asked, row)

    def _only_resellers(self, caller: Caller) -> None:
        if caller.company != RESELLER:
            raise refused("forbidden")

    def _sold(self, asked: Asked, start: int, number: int) -> Iterator[tuple[list[int], Json]]:
        wanted, prefix = asked.get("customerid"), asked.get("customernameprefix").lower()
        if wanted:
            index = self._world.index_of(wanted)
            if index is None or not self._world.account(index).resold:
                raise refused("forbidden")
            accounts: Iterator[Account] = iter([self._world.account(index)] if index >= start else [])
        else:
            accounts = self._world.accounts(start)
        for account in accounts:
            if not account.domain.startswith(prefix):
                continue
            for place, row in enumerate(self._of(account)):
                if (account.index, place) > (start, number):
                    yield [account.index, place], row

    def _of(self, account: Account) -> list[Json]:
        if not account.has_subscription or not account.has_directory or not account.resold:
            return []
        seats = self._world.staff.size(account.index)
        created = self._world.staff.start - 86_400 * (300 + account.index % 600)
        count = 2 if account.index % 4 == 1 else 1
        return [
            show.subscription(account, place, seats=seats, assigned=max(1, seats * 4 // 5), created=created)
            for place in range(count)
        ]

    def channel(self, asked: Asked, caller: Caller, parts: list[str]) -> Answer:
        """Answer what is below ``/v1/accounts/``: customers, resellers below, entitlements."""
        own = f"accounts/{self._world.customer_id(RESELLER)}"
        parent = "/".join(parts[:2])
        if caller.company != RESELLER or parent != own:
            raise GoogleRefusal(403, "PERMISSION_DENIED", "The caller does not have permission", details="yes")
        rest = parts[2:]
        if rest == ["channelPartnerLinks"]:
            return self._links(asked, own)
        tier = 0
        if rest[:1] == ["channelPartnerLinks"] and len(rest) > 2:  # noqa: PLR2004 (links, id, customers)
            tier = int(rest[1].removeprefix("L")) if rest[1].removeprefix("L").isdigit() else -1
            parent, rest = f"{own}/channelPartnerLinks/{rest[1]}", rest[2:]
        if rest == ["customers"]:
            return self._customers(asked, parent, tier)
        if rest[:1] == ["customers"] and len(rest) in {2, 3}:
            return self._one(asked, parent, rest)
        raise _channel_not_found()

    def _customers(self, asked: Asked, parent: str, tier: int) -> Answer:
        size = self._replies.size(asked, usual=10, most=50, name="pagesize")
        after = self._replies.tokens.read(asked.parameters) or [0]
        accounts = (each for each in self._world.accounts(int(after[0])) if each.tier == tier)
        found = list(islice((each for each in accounts if self._matches(asked, each)), size + 1))
        rows = [self._shown(each, parent) for each in found[:size]]
        token = self._replies.tokens.make(asked.parameters, [found[size].index]) if len(found) > size else ""
        return self._replies.answer(asked, self._replies.listing("", "customers", rows, token))

    def _matches(self, asked: Asked, account: Account) -> bool:
        text = asked.get("filter")
        if not text:
            return True
        read = _FILTER.fullmatch(text)
        if read is None:
            raise GoogleRefusal(400, "INVALID_ARGUMENT", "Invalid filter.", details="yes")
        field, operator, value = read.groups()
        held = {
            "domain": account.domain, "cloud_identity_id": account.customer_id if account.has_directory else "",
            "org_display_name": "",
        }  # fmt: skip
        if field == "org_display_name":
            held[field] = self._world.company(account.index).name
        known, wanted = held[field].casefold(), value.casefold()
        return known == wanted if operator == "=" else known.startswith(wanted)

    def _shown(self, account: Account, parent: str) -> Json:
        created = self._world.staff.start - 86_400 * (300 + account.index % 600)
        return show.channel_customer(account, self._world.company(account.index), parent, created)

    def _one(self, asked: Asked, parent: str, rest: list[str]) -> Answer:
        index = self._world.index_of(f"C{rest[1][1:]}")
        if index is None or not self._world.account(index).resold:
            raise _channel_not_found()
        account = self._world.account(index)
        if len(rest) == 2:  # noqa: PLR2004 (customers, id)
            return self._replies.answer(asked, self._shown(account, parent))
        if rest[2] != "entitlements":
            raise _channel_not_found()
        name = f"{parent}/customers/{rest[1]}"
        rows = [_entitlement(name, row) for row in self._of(account)]
        return self._replies.answer(asked, self._replies.listing("", "entitlements", rows))

    def _links(self, asked: Asked, own: str) -> Answer:
        rows: list[Any] = [
            {
                "name": f"{own}/channelPartnerLinks/L{tier}", "linkState": "ACTIVE",
                "resellerCloudIdentityId": f"C0tier{tier:02}", "publicId": f"P{tier}",
            }
            for tier in range(1, self._world.tiers + 1)
        ]  # fmt: skip
        size = self._replies.size(asked, usual=25, most=200, name="pagesize")
        shown, token = self._replies.page(asked, rows, size)
        return self._replies.answer(asked, self._replies.listing("", "channelPartnerLinks", shown, token))


def _entitlement(parent: str, row: Json) -> Json:
    seats = row["seats"].get("numberOfSeats") or row["seats"].get("maximumNumberOfSeats")
    return {
        "name": f"{parent}/entitlements/{row['subscriptionId']}", "offer": f"{parent}/offers/1",
        "provisioningState": "ACTIVE",
        "provisionedService": {
            "productId": "Google-Apps", "skuId": row["skuId"], "provisioningId": row["subscriptionId"],
        },
        "parameters": [{"name": "num_units", "value": {"int64Value": str(seats)}, "editable": True}],
    }  # fmt: skip


def _channel_not_found() -> GoogleRefusal:
    return GoogleRefusal(404, "NOT_FOUND", "Requested entity was not found.", details="yes")
