"""Every table under one metadata: what migrations and checks compare with.

The tables of one area stand in one module; a module that is not imported here is not migrated.
"""

from . import (
    account_tables,
    alarm_tables,
    batch_tables,
    counter_tables,
    desk_tables,
    erasure_tables,
    his_tables,
    ledger_tables,
    practice_tables,
    presence_tables,
    rating_tables,
    schema,
    terminal_tables,
    training_tables,
    watch_tables,
)

MODULES = (
    schema,
    ledger_tables,
    terminal_tables,
    account_tables,
    erasure_tables,
    practice_tables,
    alarm_tables,
    his_tables,
    desk_tables,
    counter_tables,
    batch_tables,
    watch_tables,
    presence_tables,
    rating_tables,
    training_tables,
)
Base = schema.Base
