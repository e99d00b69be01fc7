"""What User Sync knows of a person who is exported or erased. Both run in the marketplace's scope."""

from datetime import datetime
from typing import Any

from tenantry.sync.models import Change, PersonStanding, UserLink
from tenantry.sync.people.licence_names import in_words, name_licences
from tenantry.sync.people.purging import EMPTIED, empty_people, only_here


def forget_directory_person(*, user_id: int, now: datetime, **_: Any) -> None:
    """Take away what directories say of an erased person, here and in the changes that were planned.

    The link stays, so that the person does not come in anew. What another marketplace is linked to stays there.
    """
    people = list(UserLink.objects.filter(user_id=user_id).values_list("person_id", flat=True))
    if not people:
        return
    empty_people(only_here(people), now=now)
    PersonStanding.objects.filter(person_id__in=people).update(sort_name="")
    Change.objects.filter(person_id__in=people).update(before=None, after=None, subject_name="", subject="")


def directory_sections(email: str) -> dict[str, list[dict[str, Any]]]:
    """Return what directories say of the person with this address, for an export."""
    links = list(UserLink.objects.select_related("person", "tenant").filter(user__email=email).order_by("pk"))
    named = name_licences([(link.tenant.provider, link.person.licences) for link in links])
    return {
        "person of directories": [
            {
                "tenant": link.tenant.name, "provider": link.tenant.provider, "id": link.person.external_id,
                "linked_at": link.created_at, "ended_at": link.ended_at,
                **{name: getattr(link.person, name) for name in EMPTIED if getattr(link.person, name) is not None},
                "licences": link.person.licences, "org_unit": link.person.org_unit,
                "names of licences": in_words(licences),
            }
            for link, licences in zip(links, named, strict=True)
        ]
    }  # fmt: skip
