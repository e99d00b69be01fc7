"""Writes ``docs/reference/`` from the code: commands, environment variables, tables, webhooks.

``python docs/generate_reference.py`` writes the pages. With ``--check`` it writes nothing and ends with 1 when
a page differs from the code. What the code cannot tell (what a variable is for) stands in the tables here; a
name that is missing from them, or that the code no longer reads, ends the script with a sentence.
"""  # noqa: INP001  # docs holds scripts, not a package

import ast
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import typer

from tenantry.cli.exits import Exit
from tenantry.cli.main import app
from tenantry.core.brakes import BOUNDS, Brake, Limits
from tenantry.core.deliveries import GIVES_UP_AFTER, RETRIES
from tenantry.core.webhook_events import CATALOG, PERSONAL, VERSION, Told, message_data

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
SOURCE = ROOT / "src" / "tenantry"
NAMES = re.compile(r"(?:TENANTRY|DATABASE)(?:_[A-Z]+)+")
_READERS = {"text", "flag", "number", "words"}
_MADE = "<!-- Made by docs/generate_reference.py. Change the code, then run that. -->"
_VALUES = {datetime: "day", int: "number", str: "text", Path: "path", float: "number"}

EXITS: Mapping[Exit, str] = {
    Exit.DONE: "Done, or there was nothing to do.",
    Exit.ERROR: "An error. A sentence on standard error says what happened and what to do.",
    Exit.CHANGES_PLANNED: "A preview planned changes.",
    Exit.HELD: "Changes are held and wait for a person.",
    Exit.PARTLY_FAILED: "It ended, but some records, details, lines or rows failed.",
    Exit.LISTING_INCOMPLETE: "The listing did not end cleanly, so nothing was judged to be gone.",
}

# Variable: (group, default where the code computes it, meaning)
VARIABLES: Mapping[str, tuple[str, str, str]] = {
    "DATABASE_URL": ("Database", "the embedded server",
        "A PostgreSQL server of your own, as the role `tenantry_app`. Set it, and no embedded server starts."),
    "DATABASE_OWNER_URL": ("Database", "",
        "The same database as the role that owns the tables. Read by `tenantry migrate` and `tenantry serve` only."),
    "TENANTRY_HOME": ("Installation", "`/var/lib/tenantry` for root, else `~/.local/share/tenantry`",
        "The installation's folder. The option `--home` wins over it."),
    "TENANTRY_KEYS": ("Installation", "`keys` in the installation's folder",
        "The folder of the sealing keys and of the key that signs sessions. Back it up apart from the database."),
    "TENANTRY_SECRET_KEY": ("Installation", "`signing.key` in the keys folder",
        "The key that signs sessions. Give all web processes the same one."),
    "TENANTRY_DEMO": ("Installation", "",
        "Set by `tenantry demo`. Pages say that they show a demo."),
    "TENANTRY_LOG_JSON": ("Installation", "",
        "Whether log lines are JSON on a terminal as well; elsewhere they are in any case."),
    "TENANTRY_LOG_LEVEL": ("Installation", "",
        "The least level that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    "TENANTRY_HOSTS": ("Pages", "", "The host names that pages answer to, separated by commas."),
    "TENANTRY_ORIGINS": ("Pages", "",
        "Origins that may send forms, separated by commas, each with its scheme. Needed behind some proxies."),
    "TENANTRY_API_CALLS": ("Pages", "", "How many calls to the REST API one token may make within a minute."),
    "TENANTRY_BEHIND_TLS": ("Pages", "",
        "Set to 1 when a proxy ends TLS and sends `X-Forwarded-Proto`. Cookies then travel over https only."),
    "TENANTRY_URL": ("Pages", "`tenantry serve`: where it serves, unless behind TLS",
        "The address at which people reach the pages, such as `https://cloud.example.com`. Letters link to it."),
    "TENANTRY_SIGN_IN": ("Pages", "",
        "A TOML file with the providers of single sign-on; docs/howto/sign-in.md shows it."),
    "TENANTRY_SMTP_HOST": ("Mail", "", "The SMTP server for mail. Without it nothing is sent, and invitations wait."),
    "TENANTRY_SMTP_PORT": ("Mail", "587 for `starttls`, 465 for `tls`, 25 for `none`", "Its port."),
    "TENANTRY_SMTP_TLS": ("Mail", "`starttls`; on this machine `none`",
        "How the way to it is protected: `starttls`, `tls` or `none`."),
    "TENANTRY_SMTP_USER": ("Mail", "", "The user name for it, if it wants one."),
    "TENANTRY_SMTP_PASSWORD": ("Mail", "", "The password for it. Refused without TLS, but for this machine."),
    "TENANTRY_SMTP_CA": ("Mail", "", "A PEM file with a certificate authority to trust besides the system's."),
    "TENANTRY_MAIL_FROM": ("Mail", "", "The sender's address."),
    "TENANTRY_MAILBOX": ("Mail", "", "Set by `tenantry demo`: where its own mail server keeps what it caught."),
    "TENANTRY_WEBHOOKS_TO_LOOPBACK": ("Webhooks", "`1` in the demo, else `0`",
        "Whether webhooks may be sent to this machine, over http as well. Private addresses stay refused."),
    "TENANTRY_METRICS_TOKEN": ("Monitoring", "",
        "The token with which `/metrics` may be read from anywhere. Without it: from this machine alone."),
    "TENANTRY_HISTORY_DAYS": ("Retention", "",
        "For how many days runs, changes, observations and findings are kept; at least 31. What waits stays longer."),
    "TENANTRY_AUDIT_DAYS": ("Retention", "",
        "For how many days events of the audit are kept; 0 keeps them for ever. The last 30 days stay in any case."),
    "TENANTRY_STALLED_AFTER": ("Worker", "",
        "After how many seconds without a heartbeat a worker counts as dead, and its jobs are given to others."),
    "TENANTRY_SECRET": ("Commands", "asked for",
        "The application's secret for `tenantry connect microsoft`, so that it need not be typed."),
    "TENANTRY_PASSWORD": ("Commands", "asked for",
        "The password of the accounts that `tenantry setup` makes, so that it need not be typed."),
}  # fmt: skip

_NO_FILE = {"TENANTRY_HOME"}  # commands choose the folder before the settings are read
TABLES_OF = ("accounts", "audit", "connections", "marketplace", "sync", "webhooks", "api")


def pages() -> dict[Path, str]:
    """Return every page of the reference that is made from the code."""
    return {
        REFERENCE / "cli.md": commands_page(),
        REFERENCE / "metrics.md": metrics_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "tables.md": tables_page(),
        REFERENCE / "webhooks.md": webhooks_page(),
        REFERENCE / "brakes.md": brakes_page(),
        REFERENCE / "pages.md": addresses_page(),
        **api_pages(),
    }


def api_pages() -> dict[Path, str]:
    """Return the page of the REST API, and its description for programs."""
    from tenantry.api.reference import api_page, openapi_file  # noqa: PLC0415  # tables_page() set Django up

    return {REFERENCE / "api.md": api_page(_MADE), REFERENCE / "openapi.json": openapi_file()}


def metrics_page() -> str:
    """Return the page of all metrics."""
    _set_up()
    from tenantry.web.metrics.collecting import METRICS  # noqa: PLC0415  # once Django is set up

    lines = [_MADE, "# Metrics", ""]
    lines += ["What `/metrics` answers; [how to read it](../howto/watch.md). Numbers only: no name of a marketplace, a",
              "company or a person is among them.", "",
              "| Metric | Kind | Labels | Meaning |", "|---|---|---|---|"]  # fmt: skip
    for each in METRICS:
        name = f"{each.name}_total" if each.counter else each.name
        labels = ", ".join(f"`{label}`" for label in each.labels)
        lines.append(f"| `{name}` | {'counter' if each.counter else 'gauge'} | {labels} | {_cell(each.meaning)} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of all commands, their options and the exit codes."""
    lines = [_MADE, "# Commands", ""]
    lines += ["Every command takes `--help`. Sentences go to standard error, results to standard output.", ""]
    for path, command in commands():
        lines += _command(path, command)
    lines += ["## Exit codes", "", "| Code | Name | Meaning |", "|---|---|---|"]
    lines += [f"| {code.value} | `{code.name}` | {EXITS[code]} |" for code in Exit]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """Yield the full name and the command object of every command, groups that do nothing left out."""
    yield from _below("tenantry", typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    children: Mapping[str, Any] = getattr(command, "commands", {})
    if not children or getattr(command, "invoke_without_command", False):
        yield path, command
    for name, child in children.items():
        yield from _below(f"{path} {name}", child)


def options_of(command: Any) -> list[Any]:
    """Return the command's options that are its own: those for shell completion are the terminal's matter."""
    return [option for option in command.params if "completion" not in option.name]


def _command(path: str, command: Any) -> list[str]:
    lines = [f"## `{path}`", "", _cell(command.help or ""), ""]
    options = options_of(command)
    if options:
        lines += ["| Option | Value | Default | Meaning |", "|---|---|---|---|"]
        lines += [_option(option) for option in options] + [""]
    return lines


def _option(option: Any) -> str:
    # An argument goes by its place; its name is a word for the reader.
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return f"| {names} | {_value_of(option)} | {_default_of(option)} | {_cell(option.help or '')} |"


def _value_of(option: Any) -> str:
    if getattr(option, "is_bool_flag", False):
        return ""
    ends = (("from", getattr(option, "min", None)), ("to", getattr(option, "max", None)))
    bounds = [f"{word} {bound}" for word, bound in ends if bound is not None]
    plain = _plain_type(option.type_descriptor.annotation)
    if issubclass(plain, Enum):
        return " or ".join(f"`{member.value}`" for member in plain)
    return " ".join([_VALUES[plain], *bounds])


def _plain_type(annotation: Any) -> type:
    """Return the one type in an optional or a list."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _plain_type(next(part for part in get_args(annotation) if part is not type(None)))
    return _plain_type(get_args(annotation)[0]) if origin is list else annotation


def _default_of(option: Any) -> str:
    return "" if getattr(option, "is_bool_flag", False) or option.default in (None, "", []) else f"`{option.default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def settings_page() -> str:
    """Return the page of all environment variables."""
    read = variables_read()
    _insist(read.keys() - VARIABLES.keys(), "read by the code, but docs/generate_reference.py does not know")
    _insist(VARIABLES.keys() - read.keys(), "explained in docs/generate_reference.py, but nothing reads")
    lines = [_MADE, "# Environment variables", ""]
    lines += ["What an installation reads from its environment. All are optional.", ""]
    lines += ["A yes/no variable is `1` or `0`. Where the third column says so, `<NAME>_FILE` may name a file"]
    lines += ["that holds the value: for secrets that should not stand in the environment.", ""]
    for group in dict.fromkeys(entry[0] for entry in VARIABLES.values()):
        lines += [f"## {group}", "", "| Variable | Default | `_FILE` | Meaning |", "|---|---|---|---|"]
        for name, (its_group, computed, meaning) in VARIABLES.items():
            if its_group == group:
                files = "no" if name in _NO_FILE else read[name][1]
                lines.append(f"| `{name}` | {computed or read[name][0]} | {files} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def variables_read() -> dict[str, tuple[str, str]]:
    """Return every variable that the source names, with its default and whether ``_FILE`` works for it."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAMES.fullmatch(node.value):
                found.setdefault(node.value.removesuffix("_FILE"), ("", "no"))
            if isinstance(node, ast.Call) and (entry := _reading(node)):
                default, files = entry[1:]
                known = found.get(entry[0], ("", "no"))[0]
                found[entry[0]] = (default or known, files)
    return found


def _reading(node: ast.Call) -> tuple[str, str, str] | None:
    """Return name, default and *yes* when the call reads a variable through ``config.environment``."""
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if function not in _READERS or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    name = node.args[0].value
    if not isinstance(name, str) or not NAMES.fullmatch(name):
        return None
    default = ast.literal_eval(node.args[1]) if len(node.args) > 1 else 0 if function == "flag" else ""
    return name, f"`{default}`" if default != "" else "", "yes"


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
    import django  # noqa: PLC0415  # the settings' name must be known first

    django.setup()


def tables_page() -> str:
    """Return the page of all tables, with whose rows they hold."""
    _set_up()
    from django.apps import apps  # noqa: PLC0415  # same
    from django.db.models import Model  # noqa: PLC0415  # same

    from tenantry.isolation.managed import MarketplaceOwned  # noqa: PLC0415  # same

    lines = [_MADE, "# Tables", ""]
    lines += ["*Owned*: each row belongs to one marketplace, and the database shows it to that one only."]
    lines += ["*Shared*: rows belong to the installation.", ""]
    for area in TABLES_OF:
        models: list[type[Model]] = sorted(apps.get_app_config(area).get_models(), key=lambda one: one.__name__)
        lines += [f"## {area}", "", "| Table | Whose | Meaning |", "|---|---|---|"]
        for model in models:
            whose = "owned" if issubclass(model, MarketplaceOwned) else "shared"
            lines.append(f"| {model.__name__} | {_WHOSE.get(model.__name__, whose)} | {_first(model.__doc__)} |")
        lines.append("")
    return "\n".join(lines)


# Tables that have a policy of their own, not that of the common base.
_WHOSE = {
    "Marketplace": "the marketplace itself",
    "Event": "owned; marketplace 0 is the installation",
    "ChainLink": "owned; marketplace 0 is the installation",
    "PersonKey": "owned; marketplace 0 is the installation",
    "ApiToken": "owned; marketplace 0 is the installation",
    "StoredAnswer": "owned; marketplace 0 is the installation",
}


def webhooks_page() -> str:
    """Return the page of what webhooks tell: the message, every type of event, what each carries."""
    lines = [_MADE, "# Webhooks", ""]
    lines += ["How to set an endpoint up, and how to check what comes: [webhooks](../howto/webhooks.md).", ""]
    lines += [
        "## The message",
        "",
        f"Version {VERSION}. Within a version members are added, never taken away or changed.",
    ]
    lines += ["Ignore members that you do not know.", ""]
    lines += ["```json", json.dumps(_example(), indent=2, ensure_ascii=False), "```", "", *_envelope()]
    lines += ["## Events", "", "| Event | When |", "|---|---|"]
    lines += [f"| `{each.name}` | {each.sentence} |" for each in CATALOG]
    lines += ["| `endpoint.test` | Somebody pressed *Send a test*. |", ""]
    for group in dict.fromkeys(each.group for each in CATALOG):
        first = next(each for each in CATALOG if each.group == group)
        lines += [f"## What `{group}` events carry", "", "| Member | Meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in first.members.items()]
        lines += ["", *_group_notes(group), *_actions_of(group)]
    lines += ["## Retries", "", "| After failed attempt | the next comes after |", "|---|---|"]
    lines += [f"| {number} | {_span(after)} |" for number, after in enumerate(RETRIES, start=1)]
    lines += [
        "",
        "Then the message is given up; it can be sent again by hand. An endpoint where nothing gets through for",
    ]
    lines += [f"{GIVES_UP_AFTER.days} days is switched off, and says why."]
    return "\n".join(lines) + "\n"


def _example() -> dict[str, Any]:
    told = Told(
        "marketplace.membership.role_changed", "company", "12", "Alpine Ski House", {"role": "user"},
        {"membership": 31, "user": 17, "role": "administrator"}, actor_kind="account",
    )  # fmt: skip
    return {
        "id": "msg_4c5e8f0e6d0b4e0f9d9f6a1b2c3d4e5f",
        "type": "membership.changed",
        "version": VERSION,
        "timestamp": "2026-03-02T09:00:00+00:00",
        "marketplace": 1,
        "data": message_data(told, personal=False),
    }


def _envelope() -> list[str]:
    rows = {
        "id": "The same in every repeat: keep it, and a repeat does nothing. Also the header `webhook-id`",
        "type": "The event, from the list below",
        "version": "Of this format",
        "timestamp": "When it happened, in UTC",
        "marketplace": "Number of the marketplace",
        "data.subject": "What it is about: `kind` (`company`, `user`, `tenant`, `run`, `hold`), `id`, `name`. Messages "
        "about one subject come in order",
        "data.before, data.after": "What was and what is, of what changed; `null` where there is nothing to tell",
        "data.actor": "What sort of somebody did it: `account`, `operator`, `command line`, `schedule`, `system`",
        "data.run": "Number of the run that it was part of, or `null`",
        "data.reason": "Why, as a sentence; for tenants, runs and holds",
        "data.personal": "Only where the endpoint asks for it: `before` and `after` with "
        f"{', '.join(f'`{name}`' for name in PERSONAL)}. `null` once the person was erased",
    }
    return ["| Member | Meaning |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in rows.items()), ""]


def _group_notes(group: str) -> list[str]:
    notes = {
        "membership": "The subject is the company. The person is `after.user`.",
        "pending": "The subject is the tenant; its `id` is the provider's.",
    }
    return [notes[group], ""] if group in notes else []


def _actions_of(group: str) -> list[str]:
    own = [each for each in CATALOG if each.group == group]
    lines = [f"* `{each.name}`: {', '.join(f'`{action}`' for action in each.actions)}" for each in own]
    return ["Made from these events of the audit:", "", *lines, ""]


def _span(span: timedelta) -> str:
    for seconds, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        count = int(span.total_seconds()) // seconds
        if count:
            return f"{count} {word}{'s' if count != 1 else ''}"
    return "nothing"


BRAKES: Mapping[Brake, str] = {
    Brake.FIRST_CREATIONS: "The first companies that a rule would create from a connection, however few.",
    Brake.CREATIONS: "A run would create more companies than `creations_per_run`.",
    Brake.INVITATIONS: "More people would be invited than `invitations_ask_above`: releasing asks for the number.",
    Brake.COMPANY_EMPTY: "A company would have nobody left, whatever its size.",
    Brake.COMPANY_ADMINISTRATORS: "A company would have no administrator left, whatever its size.",
    Brake.COMPANY_REMOVALS: "A run would take `removals_company_least` people or more from a company, and they are "
        "`removals_company_percent` of it or more.",
    Brake.COMPANY_REMOVALS_WEEK: "Within seven days a company would lose `removals_company_week_percent` or more.",
    Brake.REMOVALS_DAY: "Within 24 hours the marketplace would lose more than `removals_day_most` people.",
    Brake.REMOVALS_DAY_SHARE: "Within 24 hours it would lose more than `removals_day_percent`, where it has at least "
        "`removals_day_least_people` linked people.",
    Brake.REMOVALS_MONTH: "Within 30 days it would lose `removals_month_percent` or more.",
    Brake.UNDONE_CREATIONS: "Taking back would remove more companies than `creations_per_run`.",
    Brake.CREDENTIALS: "The provider refuses the credentials: the connection is set aside at once.",
    Brake.ERRORS: "At least `errors_least_rows` rows were tried, and more than `errors_percent` of them failed.",
}  # fmt: skip


def brakes_page() -> str:
    """Return the page of all brakes, and of the limits that they go by."""
    _complete(set(Brake), set(BRAKES), "Brakes")
    lines = [_MADE, "# Brakes", ""]
    lines += ["Why there are brakes, and what to do when one held: [brakes](../explanation/brakes.md).", ""]
    lines += ["| Brake | Holds when |", "|---|---|"]
    lines += [f"| `{brake.value}` | {BRAKES[brake]} |" for brake in Brake]
    lines += [
        "",
        "## Limits",
        "",
        "Each marketplace sets its own in its [sync settings](../guide/sync-settings.md).",
        "",
    ]
    lines += ["| Limit | Default | From | To |", "|---|---|---|---|"]
    for name, value in asdict(Limits()).items():
        least, most = BOUNDS[name]
        lines.append(f"| `{name}` | {value:,} | {least:,} | {most:,} |")
    return "\n".join(lines) + "\n"


def _complete(there: set[Brake], told: set[Brake], what: str) -> None:
    if there != told:
        names = ", ".join(sorted(each.value for each in there ^ told))
        sys.exit(f"{what} that the code and docs/generate_reference.py do not both have: {names}.")


def addresses_page() -> str:
    """Return the page of all addresses in the browser, in order, with what each is for."""
    _set_up()
    from django.urls import get_resolver  # noqa: PLC0415  # same

    lines = [_MADE, "# Addresses of pages", ""]
    lines += [
        "Who may open which: [who may do what](../guide/roles.md). Addresses for programs: [REST API](api.md).",
        "",
    ]
    lines += ["| Address | What it is |", "|---|---|"]
    found = sorted(dict(_addresses(get_resolver(), "/")).items())
    lines += [f"| `{address}` | {meaning} |" for address, meaning in found]
    return "\n".join(lines) + "\n"


def _addresses(resolver: Any, before: str) -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern).removeprefix("^").replace("\\Z", "").removesuffix("$")
        if address.startswith("/api/"):
            continue
        if hasattr(entry, "url_patterns"):
            yield from _addresses(entry, address)
        else:
            view = getattr(entry.callback, "view_class", entry.callback)
            yield re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", r"{\1\2}", address), _first_sentence(view)


def _first_sentence(view: Any) -> str:
    """Return what a view of ours says of itself; libraries' views are told by their names."""
    ours = view.__module__.startswith("tenantry.")
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", view.__name__.removesuffix("View")).capitalize()
    return _first(view.__doc__) if ours and view.__doc__ else f"{name}."


def _first(docstring: str | None) -> str:
    return _cell((docstring or "").split("\n\n", maxsplit=1)[0]).replace("``", "`")


def _insist(names: set[str], what: str) -> None:
    if names:
        sys.exit(f"Environment variables {what} them: {', '.join(sorted(names))}.")


def main() -> int:
    """Write the pages, or with ``--check`` name those that differ. Return the exit code."""
    differing = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in differing:
            sys.stderr.write(f"{path.relative_to(ROOT)} differs from the code: run python docs/generate_reference.py\n")
        return 1 if differing else 0
    for path in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
