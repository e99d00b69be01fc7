"""``tenantry why``: why a tenant, or a person of a directory, is where they are, rule by rule. Changes nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import MarketplaceOption, marketplaces_named
from tenantry.cli.terminal import fail, out, print_json

if TYPE_CHECKING:
    from tenantry.core.explaining import Rule


def why(
    row: Annotated[
        str,
        typer.Argument(
            metavar="TENANT_OR_PERSON",
            help="A tenant ID, one of its domains, or a person's e-mail address or user name.",
        ),
    ],
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    person: Annotated[
        bool, typer.Option("--person", help="What is given is a person's ID at the provider, not a tenant's.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say where a tenant or a person is in every marketplace, or in one, and what each rule says of it now."""
    about_person = person or "@" in row
    with installation(home):
        places = marketplaces_named(marketplace)
        found = [each for place in places for each in (_people(*place, row) if about_person else _tenants(*place, row))]
    if about_person and not found:
        fail(f"No directory of a linked company here has {row!r}.", next_step="Write the address as it is there.")
    if as_json:
        print_json({"people" if about_person else "tenants": found})
    else:
        for each in found:
            _tell(each, each.get("person") or each.get("tenant") or "this tenant")
    raise typer.Exit(Exit.DONE)


def _tenants(marketplace_id: int, name: str, given: str) -> list[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.explaining import explain_tenants
    from tenantry.sync.whereabouts import named

    external_id, domain = named(given)
    if not (external_id or domain):
        fail(
            f"{given!r} is neither a tenant ID nor a domain, and no person's address.",
            next_step="Write contoso.com, ada@contoso.com, or the ID.",
        )
    with marketplace_scope(marketplace_id):
        return [
            {
                "marketplace": name,
                "tenant": each.found.tenant.name if each.found.tenant else "",
                "tenant_id": each.found.tenant.external_id if each.found.tenant else "",
                "where": each.found.answer.where.value,
                "sentence": each.found.answer.sentence,
                "next": each.found.answer.next_step,
                "rules": _rules(each.rules),
            }
            for each in explain_tenants(external_id=external_id, domain=domain)
        ]


def _people(marketplace_id: int, name: str, given: str) -> list[dict[str, Any]]:
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.people.explaining import explain_directory_person, people_named

    with marketplace_scope(marketplace_id):
        found = [explain_directory_person(person_id) for person_id in people_named(given)]
        return [
            {
                "marketplace": name,
                "person": each.row.name,
                "person_id": each.row.standing.person.external_id,
                "company": each.row.standing.company.name,
                "where": each.row.standing.verdict,
                "sentence": each.row.reason,
                "next": "",
                "rules": _rules(each.rules),
            }
            for each in found
            if each is not None
        ]


def _rules(rules: "Iterable[Rule]") -> list[dict[str, Any]]:
    return [
        {
            "asks": rule.asks, "given": rule.given, "answer": rule.answer, "says": rule.says.value,
            "parts": list(rule.parts),
        }
        for rule in rules
    ]  # fmt: skip


def _tell(row: dict[str, Any], who: str) -> None:
    _print(f"{row['marketplace']}: {who} is {row['where']}. {row['sentence']} {row['next']}".rstrip())
    for number, rule in enumerate(row["rules"], start=1):
        _print(f"  {number}. {rule['asks']} {rule['answer']} [{rule['says']}] {rule['given']}")
        for part in rule["parts"]:
            _print(f"       {part}")


def _print(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)
