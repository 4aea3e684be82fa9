"""After a crash or a lost answer: what became of the last claim, before the next one is made.

The caller has opened a new challenge since that claim left. It ended the older one, so that a claim
that the verifier does not know now is never recorded later, and the chain goes on without it.
"""

import asyncio
import time

from verifier.protocol.claim_status import ClaimState

from .chain import Chain
from .errors import VerifierUnreachable
from .verifier_client import VerifierClient

ASK_AGAIN_SECONDS = 0.2


async def settle(client: VerifierClient, chain: Chain) -> None:
    """Ask until it is known whether the pending claim was recorded, and write that down.

    Raises the errors of `VerifierClient`; `VerifierUnreachable` where it is still being decided
    when patience ends.
    """
    pending = chain.link.pending
    if pending is None:
        return
    until = time.monotonic() + client.patience.total
    while (state := (await client.claim_status(pending)).state) is ClaimState.IN_PROGRESS:
        if time.monotonic() >= until:
            raise VerifierUnreachable("the last claim is still being decided")
        await asyncio.sleep(ASK_AGAIN_SECONDS)
    if state is ClaimState.RECORDED:
        await asyncio.to_thread(chain.recorded, pending)
    else:
        await asyncio.to_thread(chain.not_recorded)
