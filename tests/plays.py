"""Plays of a state machine of Hypothesis over real parts: few in the suite, many when asked."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def play(machine: type[RuleBasedStateMachine], *, plays: int, steps: int) -> None:
    """Play the machine so often, others each time. TENANTRY_EXAMPLES=500 plays many, and shortens one that fails."""
    thorough = "TENANTRY_EXAMPLES" in os.environ
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("TENANTRY_EXAMPLES", plays)),
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=list(Phase) if thorough else [Phase.explicit, Phase.reuse, Phase.generate],
            report_multiple_bugs=False,
            print_blob=True,
        ),
    )
