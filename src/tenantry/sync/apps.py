"""The Django app of the sync."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """Sync."""

    name = "tenantry.sync"

    def ready(self) -> None:
        """Listen to what changes about companies, and to people who are exported or erased; know what may be held."""
        from tenantry.connections.health import consent_judged  # noqa: PLC0415  # models
        from tenantry.marketplace.companies.services import companies_changed, companies_leaving  # noqa: PLC0415  # models
        from tenantry.marketplace.people import exporting  # noqa: PLC0415  # same
        from tenantry.marketplace.people.erasing import copies_going, person_erasing  # noqa: PLC0415  # same
        from tenantry.sync import consent_notices, privacy  # noqa: PLC0415  # same
        from tenantry.sync.automatic.held import HELD_CREATIONS  # noqa: PLC0415  # same
        from tenantry.sync.hints.services import people_hinted  # noqa: PLC0415  # same
        from tenantry.sync.holds.kinds import register  # noqa: PLC0415  # same
        from tenantry.sync.matching import listening  # noqa: PLC0415  # same
        from tenantry.sync.people import hinted  # noqa: PLC0415  # same
        from tenantry.sync.people import privacy as people_privacy  # noqa: PLC0415  # same
        from tenantry.sync.people.held import HELD_INVITATIONS, HELD_REMOVALS  # noqa: PLC0415  # same
        from tenantry.sync.undoing.held import HELD_UNDOS  # noqa: PLC0415  # same

        register(HELD_CREATIONS)
        register(HELD_REMOVALS)
        register(HELD_INVITATIONS)
        register(HELD_UNDOS)
        consent_judged.connect(consent_notices.tell_of_consent)
        companies_changed.connect(listening.after_companies_changed)
        companies_leaving.connect(listening.before_companies_leave)
        people_hinted.connect(hinted.read_hinted_people)
        person_erasing.connect(privacy.forget_contact)
        copies_going.connect(people_privacy.forget_directory_person)
        exporting.more_sections.append(privacy.contact_sections)
        exporting.more_sections.append(people_privacy.directory_sections)
