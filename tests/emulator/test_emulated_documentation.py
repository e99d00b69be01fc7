"""The README next to the emulator names every switch, fault, control and option that there is."""

from dataclasses import fields
from pathlib import Path

from tests.emulator.partner import Partner

from tenantry.emulator import server
from tenantry.emulator.control import Control
from tenantry.emulator.faults import FaultKind
from tenantry.emulator.microsoft import switches

README = (Path(server.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_every_switch_and_its_values_are_described() -> None:
    assert [entry.name for entry in fields(switches.Switches) if f"`{entry.name}`" not in README] == []
    for kind in (switches.LinkStyle, switches.TokenPlace, switches.Account, switches.MfaRefusal, switches.ErrorShape):
        assert [value for value in kind if f"`{value}`" not in README] == []


def test_every_fault_is_described() -> None:
    assert [kind for kind in FaultKind if f"`{kind}`" not in README] == []


def test_every_control_is_described(partner: Partner) -> None:
    routes = {route for route in Control(partner.emulator).routes if not route.startswith("DELETE ")}
    assert [route for route in routes if f"`{route}" not in README] == []
