"""The index follows the gallery: before a search it takes over what changed since the last one."""

import threading

import numpy as np
from sqlalchemy import Connection

from verifier.identity import templates
from verifier.identity.galleries import Gallery
from verifier.trust.keys import KeyRing

from .search import Floats, GallerySearch, Hits


class FollowedGallery:
    """One institution's gallery as an index sees it. Holds rebuildable state only."""

    def __init__(self, keyring: KeyRing, gallery: Gallery, search: GallerySearch) -> None:
        self.gallery = gallery
        self._keyring = keyring
        self._search = search
        self._revision = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """People enrolled, as of the last `follow`."""
        return len(self._search)

    def follow(self, conn: Connection) -> int:
        """Take over every change that has been committed; how many there were."""
        with self._lock:
            changes = templates.since(conn, self._keyring, self.gallery, self._revision)
            # One by one and in order: a person may be removed and enrolled again in one batch.
            for revision, person, vector in changes:
                if vector is None:
                    self._search.forget([person])
                else:
                    self._search.put([(person, vector)])
                self._revision = revision
            return len(changes)

    def warm(self) -> None:
        """Make the gallery's rotation before the first person waits for it."""
        templates.rotate(self.gallery.secrets, np.zeros(self.gallery.dim, np.float32))

    def propose(self, probe: Floats, candidates: list[str], k: int) -> Hits:
        """The best `k` of the candidates for one probe, float32 (D,), unit, not rotated."""
        turned = templates.rotate(self.gallery.secrets, probe)
        return self._search.search(turned[None], candidates, k)[0]
