"""The commands by which a person sets an installation up against the emulated Partner Center."""

from tenantry.emulator.server import Emulator


def commands_to_set_up(emulator: Emulator, manager: str) -> tuple[tuple[str, ...], ...]:
    """Return them in order: the connection, then Northwind with an operator and this manager."""
    return (
        (
            "connect", "microsoft", "--partner-tenant", emulator.partner_tenant_id, "--kind", "web",
            "--application", emulator.web_application.client_id, "--api", emulator.api_url,
            "--authority", emulator.login_url, "--ca-file", str(emulator.ca_file),
        ),
        (
            "setup", "--operator-email", "op@tenantry.example", "--operator-name", "Op", "--marketplace", "Northwind",
            "--manager-email", manager, "--connection", "Partner Center",
        ),
    )  # fmt: skip
