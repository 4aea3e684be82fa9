"""Whether a hospital lets its staff practise: on until its administrator says otherwise."""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.store.account_tables import Session
from verifier.store.training_tables import TrainingSwitch


def is_on(conn: Connection, institution: str) -> bool:
    """The hospital's word."""
    said = conn.scalar(
        select(TrainingSwitch.is_on).where(TrainingSwitch.institution == institution)
    )
    return said is not False


def switch(conn: Connection, institution: str, by: str, at: datetime, *, on: bool) -> int:
    """Let staff practise, or no more: then every session is real again; how many practised."""
    values = {"is_on": on, "changed_at": at, "changed_by": by}
    made = insert(TrainingSwitch).values(institution=institution, **values)
    conn.execute(made.on_conflict_do_update(index_elements=["institution"], set_=values))
    ledger.append(conn, institution, "training.switched", {"on": on, "by": by})
    if on:
        return 0
    ended = conn.execute(
        update(Session)
        .where(Session.institution == institution, Session.in_training)
        .values(in_training=False)
    )
    return int(ended.rowcount)
