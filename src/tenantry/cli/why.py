"""``tenantry why``: why a tenant is where it is, rule by rule. Changes nothing."""

from typing import Annotated, Any

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import MarketplaceOption, marketplaces_named
from tenantry.cli.terminal import fail, out, print_json


def why(
    tenant: Annotated[str, typer.Argument(help="A tenant ID, or one of its domains.")],
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say where a tenant is in every marketplace, or in one, and what each rule says of it now."""
    with installation(home):
        from tenantry.sync.whereabouts import named

        external_id, domain = named(tenant)
        if not (external_id or domain):
            fail(f"{tenant!r} is neither a tenant ID nor a domain.", next_step="Write contoso.com, or the ID.")
        found = [row for place in marketplaces_named(marketplace) for row in _explain(*place, external_id, domain)]
    if as_json:
        print_json({"tenants": found})
    else:
        for row in found:
            _tell(row)
    raise typer.Exit(Exit.DONE)


def _explain(marketplace_id: int, name: str, external_id: str, domain: str) -> list[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.explaining import explain_tenants

    with marketplace_scope(marketplace_id):
        return [
            {
                "marketplace": name,
                "tenant": each.found.tenant.name if each.found.tenant else "",
                "tenant_id": each.found.tenant.external_id if each.found.tenant else "",
                "where": each.found.answer.where.value,
                "sentence": each.found.answer.sentence,
                "next": each.found.answer.next_step,
                "rules": [
                    {
                        "asks": rule.asks, "given": rule.given, "answer": rule.answer, "says": rule.says.value,
                        "parts": list(rule.parts),
                    }
                    for rule in each.rules
                ],
            }
            for each in explain_tenants(external_id=external_id, domain=domain)
        ]  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    _print(f"{row['marketplace']}: {row['tenant'] or 'this tenant'} is {row['where']}. {row['sentence']} {row['next']}")
    for number, rule in enumerate(row["rules"], start=1):
        _print(f"  {number}. {rule['asks']} {rule['answer']} [{rule['says']}] {rule['given']}")
        for part in rule["parts"]:
            _print(f"       {part}")


def _print(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)
