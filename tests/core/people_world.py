"""A marketplace of values alone: applies planned changes as the sync does, so that plans can be made anew."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tenantry.core.planning.users.planning import Known, PlannedUser, UserChangeKind, plan_users
from tenantry.core.planning.users.scope import ScopeFacts
from tenantry.core.planning.users.views import DirectoryPerson, LinkView, LivingLink, MembershipView
from tenantry.core.records import PersonKind
from tenantry.core.user_settings import Leavers, UserSettings

COMPANY_OF = {1: 100, 2: 100, 3: 200}  # two tenants of one company, one of another
EVERYBODY = UserSettings(user_sync=True, leavers=Leavers.DEACTIVATE)
_ENDS = {UserChangeKind.UNLINK, UserChangeKind.REPORT_LEFT, UserChangeKind.DEACTIVATE}
_JOINS = {UserChangeKind.JOIN, UserChangeKind.REACTIVATE}


def person(number: int, email: str = "", *, tenant: int = 1, name: str = "Ada Lind", **more: object) -> DirectoryPerson:
    """Return somebody of a tenant, in the scope of every rule."""
    first, _, last = name.partition(" ")
    facts = ScopeFacts(PersonKind.MEMBER, enabled=True, licensed=True, domain=email.partition("@")[2], org_unit="/")
    values = {"email": email, "first_name": first, "last_name": last, "phone": "", "language": ""}
    base = DirectoryPerson(
        number, f"ext-{number}", tenant, COMPANY_OF[tenant], "microsoft", values, (email,) if email else (), facts
    )
    return replace(base, **more)  # type: ignore[arg-type]  # members of the person


@dataclass
class Store:
    """Memberships with their company, and the latest link of each person."""

    memberships: dict[int, MembershipView] = field(default_factory=dict)
    companies: dict[int, int] = field(default_factory=dict)
    links: dict[int, LinkView] = field(default_factory=dict)

    def add(self, company: int, email: str, **more: object) -> int:
        """Add a place of somebody the sync did not bring; return its id."""
        key = len(self.memberships) + 1
        base = MembershipView(key, key, brought=False, user={"email": email})
        self.memberships[key] = replace(base, **more)  # type: ignore[arg-type]  # members of the view
        self.companies[key] = company
        return key

    def known(self, people: Iterable[DirectoryPerson]) -> Known:
        """Return what planning is told."""
        addresses: dict[int, dict[str, int]] = {}
        for each in people:
            if not each.gone:
                for address in each.addresses:
                    seen = addresses.setdefault(each.tenant_id, {})
                    seen[address] = seen.get(address, 0) + 1
        holders: dict[int, dict[str, MembershipView]] = {}
        for key, place in self.memberships.items():
            if place.user.get("email"):
                holders.setdefault(self.companies[key], {})[place.user["email"]] = place
        admins: dict[int, set[int]] = {}
        for key, place in self.memberships.items():
            if place.administrator and place.active:
                admins.setdefault(self.companies[key], set()).add(key)
        return Known(
            dict(self.links), dict(self.memberships), holders,
            {tenant: {one for one, times in seen.items() if times > 1} for tenant, seen in addresses.items()},
            {company: frozenset(places) for company, places in admins.items()},
            {place.user["email"]: place.user_id for place in self.memberships.values() if place.user.get("email")},
        )  # fmt: skip

    def plan(self, people: list[DirectoryPerson], settings: UserSettings = EVERYBODY) -> list[PlannedUser]:
        """Return what is planned now."""
        return list(plan_users(people, self.known(people), settings, {}))

    def settle(self, people: list[DirectoryPerson], settings: UserSettings = EVERYBODY) -> list[PlannedUser]:
        """Plan and apply until nothing is left; return the last, empty plan. Three passes are enough."""
        for _ in range(3):
            plan = self.plan(people, settings)
            for each in plan:
                self.apply(each)
            if not any(each.kind for each in plan):
                break
        return self.plan(people, settings)

    def apply(self, planned: PlannedUser) -> None:
        """Make so what was planned."""
        if planned.kind is None:
            return
        who = planned.person
        key = planned.membership_id or len(self.memberships) + 1
        if planned.kind is UserChangeKind.CREATE:
            taken = any(place.user.get("email") == who.values["email"] != "" for place in self.memberships.values())
            values = dict(who.values) | ({"email": ""} if taken else {})
            profile = {name: who.values[name] for name in ("first_name", "last_name")}
            self.memberships[key] = MembershipView(key, key, own=not taken, profile=profile, user=values)
            self.companies[key] = who.company_id
        place = self.memberships[key]
        if planned.kind in _ENDS:
            gone = planned.kind is UserChangeKind.DEACTIVATE
            self.links[who.person_id] = replace(self.links[who.person_id], live=False, deactivated=gone)
            live = tuple(link for link in place.live if link.person_id != who.person_id)
            past = place.past_people | {(who.person_id, who.tenant_id)}
            self.memberships[key] = replace(
                place, live=live, active=place.active and not gone, taken_away=gone, past_people=past
            )
        elif planned.kind in _JOINS or planned.kind is UserChangeKind.CREATE:
            self.links[who.person_id] = LinkView(key, key, live=True)
            live = (*place.live, LivingLink(who.person_id, who.tenant_id))
            active = place.active or planned.kind is UserChangeKind.REACTIVATE
            self.memberships[key] = replace(place, live=live, active=active, taken_away=False)
        else:
            after = dict(planned.after or {})
            profile = {name: after.get(f"profile_{name}", old) for name, old in place.profile.items()}
            user = {name: after.get(name, old) for name, old in place.user.items()}
            self.memberships[key] = replace(place, profile=profile, user=user)
