"""Every action about what webhooks tell leads to a type of event, or is one that stays here."""

import re
from pathlib import Path

import tenantry
from tenantry.core.webhook_events import CATALOG, Told, message_data, type_of

SOURCE = Path(tenantry.__file__).parent
ABOUT = r"marketplace\.(?:company|membership|user)|sync\.(?:pending\w*|hold|run|company_update)"
ACTION = re.compile(rf"\"((?:{ABOUT})\.[a-z_]+)\"")
STAYS_HERE = {"marketplace.user.exported", "sync.pending.exported"}


def test_no_action_in_the_source_is_forgotten() -> None:
    files = [path for path in SOURCE.rglob("*.py") if path.parent.name != "migrations"]
    found = {action for path in files for action in ACTION.findall(path.read_text(encoding="utf-8"))}
    assert len(found) > 15
    assert {action for action in found if type_of(action) is None} == STAYS_HERE


def test_no_action_leads_to_two_types_and_no_member_that_is_not_listed_leaves() -> None:
    actions = [action for each in CATALOG for action in each.actions]
    assert len(actions) == len(set(actions))
    for each in CATALOG:
        told = Told(
            each.actions[0], "company", "1", "A", None, {"secret": "s", "state": "on"}, {"email": "a@b.example"}
        )
        data = message_data(told, personal=False)
        assert "secret" not in str(data)
        assert "a@b.example" not in str(data)
        assert set(data["after"]) <= {*each.members, "counters"}
