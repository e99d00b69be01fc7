"""Spoiled answers never bring anything out of a client but records, and the failure vocabulary."""

import pytest
from tests.providers import fuzzing


@pytest.mark.parametrize("provider", [fuzzing.microsoft, fuzzing.google], ids=["microsoft", "google"])
def test_a_seeded_few_of_the_spoiled_answers_come_out_as_records_or_as_failures_with_a_name(provider: object) -> None:
    with provider() as run:  # type: ignore[operator]  # one of the two
        fuzzed = run(400, 1)
    assert fuzzed.wrong == []
    assert fuzzed.outcomes["read"] > 5
    assert sum(fuzzed.outcomes.values()) == 400
