"""`shualian …`: one verb a room. A room is imported only when its verb is called.

So a kiosk, which has no database library, can run `shualian kiosk run`, and help answers at once.
"""

import importlib
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

ROOMS = {
    "run": (
        "shualian.run",
        "Start the demo hospital: verifier, terminal, staff's pages, simulated devices.",
    ),
    "demo": ("shualian.demo.play", "Play the visits without a screen and print one table."),
    "reset": ("shualian.reset", "Forget the demo hospital's data."),
    "models": ("models.cli", "Model packs: list, fetch, verify, evaluate, bench."),
    "devices": ("devices.cli", "Read a device, or simulate one."),
    "enroll": ("enroll.cli", "Enrol people."),
    "verifier": ("shualian.verifying", "The verifier: serve, migrate, register."),
    "edge": ("console.edge.cli", "The phone's page in the DMZ: no database, keeps nothing."),
    "accounts": ("verifier.cli_accounts", "Staff's accounts: the first administrators."),
    "roster": ("verifier.cli_roster", "Rosters: import, export, who keeps which."),
    "practice": (
        "verifier.cli_practice",
        "Practice: sites, departments, practitioners from a file.",
    ),
    "rights": ("verifier.cli_rights", "What the law asks: lives, copies, marks, signs."),
    "keys": ("verifier.cli_keys", "The master keys: shares, rehearsal, recovery."),
    "backup": ("verifier.cli_backup", "Write the database, without keys, into a folder."),
    "restore": ("verifier.cli_restore", "Load a back-up, and do every erasure again."),
    "ledger": ("verifier.cli_ledger", "The ledger: verify, seal, carry a checkpoint away."),
    "his": ("integrations.his.cli", "The HIS: watch a folder of files, play a hospital's day."),
    "integrations": ("integrations.cli", "Sandboxes of other systems."),
    "tls": ("shualian.tls", "Certificates between terminals and verifier."),
    "kiosk": ("kiosk.cli", "The terminal's agent."),
}


class Rooms(TyperGroup):
    """A group that imports a room's commands when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every verb, in the order of ROOMS."""
        return list(ROOMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The room's own command or group, or None."""
        if cmd_name not in ROOMS:
            return None
        module, line = ROOMS[cmd_name]
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name, command.short_help = cmd_name, line
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The list of verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in ROOMS.items()])


main = typer.Typer(
    cls=Rooms,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Shualian 刷脸: face recognition for hospitals.",
)


@main.callback()
def _front_door() -> None:
    pass


if __name__ == "__main__":
    main()
