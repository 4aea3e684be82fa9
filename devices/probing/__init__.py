"""What stands at the end of a port: found by listening and by harmless questions, in a safe order.

1. Listen. A GNSS receiver speaks unasked; who is heard is asked nothing.
2. `DLE EOT 1`, a printer's real-time status, at every usual rate. It prints nothing, and comes
   first because a printer would take any other question for text.
3. A security module's status, then its number, at each of its rates.
4. A serial CCID reader's firmware.
5. Only on request: `CA 01 00` to a reader of family A, which has no question that reads no card.
   What it reads is dropped.

No step moves paper, and none changes a setting. What is left to know:

* Opening a port raises its DTR line, and step 4 lowers RTS, as any program does.
* A printer that is off or at an unusual rate gives no status, and may keep what the later steps
  send as text in its buffer. They hold no line feed, as long as it reads them at the right rate.
* Some scanners take single bytes for commands, though none of these is known to be one (from
  memory, not confirmed).
"""

from .probe import Found, Probed, Step, probe

__all__ = ["Found", "Probed", "Step", "probe"]
