"""What matching does when companies change: it listens to signals of ``marketplace.companies``."""

from collections.abc import Sequence
from typing import Any

from tenantry.sync.matching.keys import forget_company_match_keys
from tenantry.sync.matching.refreshing import companies_were_changed


def after_companies_changed(*, company_ids: Sequence[int], **_: Any) -> None:
    """Write the companies' match keys; what shares one is matched anew. In the changing transaction."""
    companies_were_changed(company_ids)


def before_companies_leave(*, company_ids: Sequence[int], **_: Any) -> None:
    """Remember by which keys companies were found that are about to go. In the removing transaction."""
    forget_company_match_keys(company_ids)
