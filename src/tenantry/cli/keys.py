"""``tenantry keys``: the keys that seal secrets and personal values, replaced by new ones."""

import typer

from tenantry.cli.asking import JsonOption
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import fail, out, print_json, say

app = typer.Typer(no_args_is_help=True, help="The keys that seal secrets and personal values.")


@app.callback()
def group() -> None:
    """The keys that seal secrets and personal values."""


@app.command("rotate")
def rotate(home: HomeOption = None, as_json: JsonOption = False) -> None:  # an option of typer's
    """Make a new key, and seal everything with it anew. Killed, it goes on when it is run again.

    The old keys stay until `tenantry keys drop-old`: invitations that are under way were signed with them.
    """
    with installation(home):
        from django.conf import settings

        from tenantry.cli.sealed import keys_in_use, reseal_all
        from tenantry.sealing import CannotUnseal, KeyRingMissing, add_key, load_key_ring

        try:
            ring = load_key_ring(settings.KEYS_FOLDER)
            if keys_in_use() <= {ring.current}:  # otherwise an earlier rotation was not finished: go on with its key
                ring = add_key(settings.KEYS_FOLDER)
                say(f"Made the key {ring.current}. Back up {settings.KEYS_FOLDER} now: the old copy lacks it.")
            count = reseal_all(told=lambda column, number: say(f"{column}: {number} sealed anew."))
            _sign_heads()
        except (KeyRingMissing, CannotUnseal) as problem:
            fail(f"The rotation stopped: {problem}", next_step="Restore the keys folder, then run this again.")
        say(f"{count:,} values are sealed with {ring.current} now. In 8 days, run `tenantry keys drop-old`.")
        if as_json:
            print_json({"key": ring.current, "sealed": count})


@app.command("drop-old")
def drop_old(home: HomeOption = None, as_json: JsonOption = False) -> None:  # same
    """Remove the old keys, once nothing is sealed with them. Invitations that they signed end with them."""
    with installation(home):
        from django.conf import settings

        from tenantry.cli.sealed import keys_in_use
        from tenantry.sealing import KeyRingMissing, drop_old_keys, load_key_ring

        try:
            ring = load_key_ring(settings.KEYS_FOLDER)
            left = keys_in_use() - {ring.current}
            if left:
                fail(
                    f"Something is still sealed with {', '.join(sorted(left))}. Nothing was removed.",
                    next_step="Run `tenantry keys rotate` first.",
                )
            gone = sorted(set(ring.keys) - {ring.current})
            drop_old_keys(settings.KEYS_FOLDER)
        except KeyRingMissing as problem:
            fail(str(problem), next_step="Restore the keys folder.")
        say(f"Removed {', '.join(gone)}." if gone else "There is no old key.")
        if as_json:
            print_json({"removed": gone})


@app.command("list")
def list_keys(home: HomeOption = None, as_json: JsonOption = False) -> None:  # same
    """Print the names of the keys, which is current, and which are in use. Never the keys."""
    with installation(home):
        from django.conf import settings

        from tenantry.cli.sealed import keys_in_use
        from tenantry.sealing import KeyRingMissing, load_key_ring

        try:
            ring, used = load_key_ring(settings.KEYS_FOLDER), keys_in_use()
        except KeyRingMissing as problem:
            fail(str(problem), next_step="Restore the keys folder.")
        rows = [{"key": name, "current": name == ring.current, "in_use": name in used} for name in ring.keys]
        if as_json:
            print_json(rows)
            return
        for row in rows:
            current = "current, " if row["current"] else ""
            out.print(f"{row['key']}: {current}{'in use' if row['in_use'] else 'not in use'}", markup=False)


def _sign_heads() -> None:
    """Sign the heads of the audit's chains with the new key, so that the old one can go."""
    from django.db import transaction
    from django.utils import timezone

    from tenantry.audit.chain import lock_chain
    from tenantry.audit.heads import sound_head_of, write_head
    from tenantry.audit.models import INSTALLATION
    from tenantry.audit.verifying import scope_of
    from tenantry.marketplace.queries import every_marketplace_id

    for marketplace_id in (INSTALLATION, *every_marketplace_id()):
        with scope_of(marketplace_id), transaction.atomic():
            lock_chain(marketplace_id)
            head, sound = sound_head_of(marketplace_id)
            if head is not None and sound:  # one that does not hold stays as it is, for `tenantry audit verify` to find
                write_head(head, now=timezone.now())
