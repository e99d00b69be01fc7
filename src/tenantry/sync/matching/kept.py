"""Companies that were taken apart, kept in this process: one is compared with many tenants, batch after batch.

As long as a company says the same, taking it apart is saved. Within one epoch (``epochs.py``) not even what it says is
read again. Bounded: some 60 MB.
"""

from tenantry.core.matching.profiles import Profile, packed, profile_of, unpacked
from tenantry.sync.matching.sides import CompanyTexts, company_of

HALF = 60_000  # companies; twice as many may be kept
_Kept = tuple[int, int, bytes]  # the epoch in which it was read, what it said then, the profile


class KeptProfiles:
    """Profiles by company. Two halves: when one is full, the older one is dropped. Threads may share it."""

    def __init__(self, half: int = HALF) -> None:
        self._half = half
        self._young: dict[int, _Kept] = {}
        self._old: dict[int, _Kept] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def of_epoch(self, company_id: int, epoch: int) -> Profile | None:
        """Return the profile of a company that was read in this epoch; nothing if it was not."""
        kept = self._young.get(company_id)
        if kept is None and (kept := self._old.get(company_id)) is not None:
            self._keep(company_id, kept)
        return unpacked(kept[2]) if kept is not None and kept[0] == epoch else None

    def profile(self, company_id: int, texts: CompanyTexts, epoch: int = 0) -> Profile:
        """Return the profile of a company that says this now. ``epoch``: that of the reading, 0 outside of any."""
        said = hash(texts)  # 64 bits: that another text has the same, for the same company, never happens
        kept = self._young.get(company_id) or self._old.get(company_id)
        if kept is not None and kept[1] == said:
            self._keep(company_id, (epoch or kept[0], said, kept[2]))
            return unpacked(kept[2])
        profile = profile_of(company_of(texts))
        self._keep(company_id, (epoch, said, packed(profile)))
        return profile

    def _keep(self, company_id: int, kept: _Kept) -> None:
        if len(self._young) >= self._half and company_id not in self._young:
            self._young, self._old = {}, self._young
        self._young[company_id] = kept
