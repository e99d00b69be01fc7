"""Companies that were taken apart, kept in this process: one is compared with many tenants, batch after batch.

What a company says is read from the database each time; as long as it is the same, taking it apart is saved, which is
half of the work of matching. Bounded: some 50 MB.
"""

from tenantry.core.matching.profiles import Profile, packed, profile_of, unpacked
from tenantry.sync.matching.sides import CompanyTexts, company_of

HALF = 60_000  # companies; twice as many may be kept


class KeptProfiles:
    """Profiles by company. Two halves: when one is full, the older one is dropped. Threads may share it."""

    def __init__(self, half: int = HALF) -> None:
        self._half = half
        self._young: dict[int, tuple[int, bytes]] = {}
        self._old: dict[int, tuple[int, bytes]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def profile(self, company_id: int, texts: CompanyTexts) -> Profile:
        """Return the profile of a company that says this now."""
        said = hash(texts)  # 64 bits: that another text has the same, for the same company, never happens
        kept = self._young.get(company_id)
        if kept is None and (kept := self._old.get(company_id)) is not None:
            self._keep(company_id, kept)
        if kept is not None and kept[0] == said:
            return unpacked(kept[1])
        profile = profile_of(company_of(texts))
        self._keep(company_id, (said, packed(profile)))
        return profile

    def _keep(self, company_id: int, kept: tuple[int, bytes]) -> None:
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[company_id] = kept
