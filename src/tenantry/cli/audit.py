"""``tenantry audit``: verifies the chains over all recorded events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.sync import MarketplaceOption, marketplaces_named
from tenantry.cli.terminal import fail, print_json, say

app = typer.Typer(no_args_is_help=True, help="Who did what and why: verify that nobody changed the record.")
_OWN = "the installation"
_REASON = "Why the record is accepted as it is; it is recorded."


@app.callback()
def group() -> None:
    """Who did what and why: verify that nobody changed the record."""


@app.command()
def verify(
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="What an earlier `--json` printed: its chains must be the beginning of these."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Verify every event: finds what was changed, removed, reordered or cut off, and names it. Ends with 1 then."""
    earlier = _earlier(compare) if compare else {}
    with installation(home):
        found = [_checked(*place, earlier) for place in _chains(marketplace)]
    if as_json:
        print_json({"chains": found})
    else:
        for chain in found:
            _tell(chain)
    raise typer.Exit(Exit.ERROR if any(chain["faults"] for chain in found) else Exit.DONE)


@app.command()
def accept(
    reason: Annotated[str, typer.Option("--reason", help=_REASON)],
    home: HomeOption = None,
    marketplace: MarketplaceOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let chains that do not hold go on from their end. What stands before is not verified any more."""
    if not reason.strip():
        fail("Say why, with --reason.")
    with installation(home):
        accepted = {name: _accepted(marketplace_id, reason) for marketplace_id, name in _chains(marketplace)}
    if as_json:
        print_json({"accepted": accepted})
    for name, faults in accepted.items():
        say(f"{name}: {len(faults)} faults accepted." if faults else f"{name}: holds, nothing to accept.")


def _chains(marketplace: str) -> Iterator[tuple[int, str]]:
    from tenantry.audit.models import INSTALLATION

    if not marketplace:
        yield INSTALLATION, _OWN
    yield from marketplaces_named(marketplace)


def _checked(marketplace_id: int, name: str, earlier: dict[int, tuple[int, str]]) -> dict[str, Any]:
    from django.utils import timezone

    from tenantry.audit.checking import check_chain

    verdict = check_chain(marketplace_id=marketplace_id, now=timezone.now(), should_stop=lambda: False, anew=True)
    faults: list[dict[str, Any]] = [
        {"kind": fault.kind.value, "link": fault.link, "event": fault.event_id, "sentence": fault.sentence}
        for fault in verdict.faults
    ]
    if marketplace_id in earlier and not _still_has(marketplace_id, *earlier[marketplace_id]):
        sentence = f"The chain is not the one of the earlier check: its link {earlier[marketplace_id][0]} is another."
        faults.append({"kind": "replaced", "link": earlier[marketplace_id][0], "event": None, "sentence": sentence})
    return {
        "id": marketplace_id, "name": name, "held": verdict.held, "last_link": verdict.reached.sequence,
        "digest": verdict.reached.digest.hex(), "faults": faults,
    }  # fmt: skip


def _still_has(marketplace_id: int, sequence: int, digest: str) -> bool:
    from tenantry.audit.heads import head_of
    from tenantry.audit.models import ChainLink
    from tenantry.audit.verifying import scope_of

    with scope_of(marketplace_id):
        link = ChainLink.objects.filter(marketplace_id=marketplace_id, sequence=sequence).first()
        if link is not None:
            return bytes(link.digest).hex() == digest
        head = head_of(marketplace_id)
    return sequence == 0 or (head is not None and sequence <= head.base_sequence)  # retention took it


def _accepted(marketplace_id: int, reason: str) -> list[str]:
    from django.utils import timezone

    from tenantry.audit.checking import accept_chain
    from tenantry.audit.events import Actor, ActorKind
    from tenantry.audit.verifying import scope_of

    actor = Actor(ActorKind.COMMAND_LINE, "Command line")
    with scope_of(marketplace_id):
        return accept_chain(marketplace_id=marketplace_id, reason=reason.strip(), actor=actor, now=timezone.now())


def _earlier(path: Path) -> dict[int, tuple[int, str]]:
    try:
        chains = json.loads(path.read_text(encoding="utf-8"))["chains"]
        return {int(chain["id"]): (int(chain["last_link"]), str(chain["digest"])) for chain in chains}
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror}.")
    except (ValueError, KeyError, TypeError):
        fail(f"{path} is not what `tenantry audit verify --json` printed.")


def _tell(chain: dict[str, Any]) -> None:
    if not chain["faults"]:
        say(f"{chain['name']}: whole. {chain['held']:,} events hold.")
        return
    say(f"{chain['name']}: does not hold. {chain['held']:,} events hold before the first fault.")
    for fault in chain["faults"]:
        say(f"  {fault['sentence']}")
