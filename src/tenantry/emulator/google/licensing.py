"""The License Manager: who has which licence, product by product, by primary address. Contract section 11."""

from itertools import islice
from typing import Final

from tenantry.emulator.google.gate import Caller, Gate
from tenantry.emulator.google.refusals import refused
from tenantry.emulator.google.replies import Asked, Json, Replies
from tenantry.emulator.google.representations import SKUS
from tenantry.emulator.google.switches import GoogleSwitches
from tenantry.emulator.google.world import RESELLER, GoogleWorld
from tenantry.emulator.messages import Answer
from tenantry.emulator.staff import Someone

WORKSPACE: Final = "Google-Apps"
ARCHIVED: Final = "101034"
_ROOT: Final = "https://licensing.googleapis.com/apps/licensing/v1/product"


class Licensing:
    """Answers ``listForProduct`` and ``listForProductAndSku``. Products that nobody has are refused."""

    def __init__(self, world: GoogleWorld, gate: Gate, replies: Replies, switches: GoogleSwitches) -> None:
        self._world = world
        self._gate = gate
        self._replies = replies
        self._switches = switches

    def assignments(self, asked: Asked, caller: Caller, product: str, sku: str = "") -> Answer:
        """Answer one of the two lists."""
        customer = asked.get("customerid")
        if not customer:
            raise refused("invalid", "Required parameter: customerId")
        by_domain = self._world.index_of_domain(customer.lower())
        index = self._gate.customer(caller, customer if by_domain is None else self._world.customer_id(by_domain))
        if caller.company == RESELLER != index and not self._switches.reseller_may_license:
            raise refused("forbidden")
        if product not in {WORKSPACE, ARCHIVED}:
            raise refused("invalid", "Invalid productId")
        size = self._replies.size(asked, usual=100, most=1000)
        after = self._replies.tokens.read(asked.parameters) or [-1]
        start = int(after[0]) + 1
        numbers = [number for _, number in self._world.staff.ordered(index)]
        found: list[tuple[int, Json]] = []
        for place, number in islice(enumerate(numbers), start, None):
            row = self._row(self._world.staff.someone(index, number), product)
            if row is not None and sku in {"", row["skuId"]}:
                found.append((place, row))
            if len(found) > size:
                break
        token = self._replies.tokens.make(asked.parameters, [found[size - 1][0]]) if len(found) > size else ""
        rows = [row for _, row in found[:size]]
        body = self._replies.listing("licensing#licenseAssignmentList", "items", rows, token)
        return self._replies.answer(asked, self._replies.marked(asked, body))

    def _row(self, one: Someone, product: str) -> Json | None:
        if product == ARCHIVED:
            if not one.archived:
                return None
            sku, name, shown = "1010340001", "Google Workspace Enterprise Plus - Archived User", "Archived User"
        else:
            if not one.licensed:
                return None
            sku, name = SKUS[one.licence % len(SKUS)]
            shown = "Google Workspace"
        address = self._world.address(one)
        row: Json = {
            "kind": "licensing#licenseAssignment", "selfLink": f"{_ROOT}/{product}/sku/{sku}/user/{address}",
            "userId": address, "productId": product, "skuId": sku, "skuName": name, "productName": shown,
        }  # fmt: skip
        return row | {"etags": self._replies.etags.of(row, "licensing")}
