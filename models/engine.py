"""The door of this package: a loaded pack turns frames into faces and faces into embeddings."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from . import align, record
from . import manifest as manifests
from .cache import pack_folder
from .detection import Detector
from .embedding import Embedder
from .errors import LicenceNotAccepted
from .frames import checked
from .manifest import DEFAULT_PACK, Manifest
from .record import Prepared
from .runtime import AUTO, PROVIDERS, Session, installed, open_session, require
from .types import Crops, Face, Floats, Image, Observation, PackInfo, largest

if TYPE_CHECKING:
    from .calibration import Calibration
    from .quality import Quality


class Detects(Protocol):
    """Finds faces in a checked frame."""

    def detect(self, image: Image) -> list[Face]:
        """The faces, best score first."""
        ...


class Embeds(Protocol):
    """Turns aligned crops into unit vectors."""

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows, float32 (N, D)."""
        ...


class FaceEngine:
    """A pack, ready. Safe to use from several threads at once."""

    def __init__(self, pack: PackInfo, detector: Detects, embedder: Embeds) -> None:
        self.pack = pack
        self._detector = detector
        self._embedder = embedder

    @cached_property
    def calibration(self) -> "Calibration | None":
        """The pack's calibration, or None where it has none."""
        from .calibration import Calibration

        name = manifests.load(self.pack.name).calibration
        return Calibration.load(name) if name else None

    def detect(self, image: Any) -> list[Face]:
        """Every face in a frame, best score first.

        Raises:
            FrameRefused: the frame is no picture.
        """
        return self._detector.detect(checked(image))

    def align(self, image: Any, face: Face) -> Image:
        """The aligned crop of a face, uint8 (112, 112, 3) BGR.

        Raises:
            FrameRefused: the frame is no picture.
        """
        return align.align(checked(image), face)

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit embeddings of aligned crops, float32 (N, D).

        Args:
            crops: uint8 (N, 112, 112, 3) BGR.
            mirror: average with the mirrored crops; costs twice the time.

        Raises:
            FrameRefused: the crops have another shape or type.
        """
        return self._embedder.embed(crops, mirror)

    def quality(self, image: Any, faces: Sequence[Face]) -> "Quality":
        """The quality of the largest face, with reason codes (ISO/IEC 29794-5)."""
        from .quality import assess

        return assess(checked(image), list(faces), largest(faces))

    def observe(self, image: Any) -> Observation:
        """Faces, the largest one, and its quality."""
        picture = checked(image)
        faces = tuple(self._detector.detect(picture))
        return Observation(faces, largest(faces), self.quality(picture, faces))


def load_engine(
    pack: str = DEFAULT_PACK,
    *,
    cache: Path | None = None,
    threads: int = 2,
    provider: str = AUTO,
    accept_licence: bool = False,
) -> FaceEngine:
    """Load a fetched pack; every file is held against its digest first.

    Args:
        cache: the cache folder, see `models.cache`.
        threads: how many threads one inference may use.
        provider: `auto`, `onnxruntime` or `openvino`.
        accept_licence: you have read and accept the licence of weights that are not free for
            commercial use.

    Raises:
        PackUnknown, LicenceNotAccepted, PackNotFetched, DigestMismatch, ProviderUnavailable,
        InferenceFailed.
    """
    manifest = manifests.load(pack)
    require_licence(manifest, accept_licence)
    folder = pack_folder(pack, cache)
    if manifest.engine == "insightface":
        from . import insightface_pack

        return FaceEngine(*insightface_pack.load(manifest, folder))
    prepared = record.load(folder)
    record.check(folder, prepared)
    info = PackInfo(pack, prepared.digest, manifest.dim, manifest.commercial_use)
    sessions = {
        role: _session(folder, prepared, role, provider, threads) for role in manifest.roles
    }
    return FaceEngine(info, *_models(manifest, sessions))


def require_licence(manifest: Manifest, accepted: bool) -> None:
    """Raise `LicenceNotAccepted` unless the weights are free or their licence is accepted."""
    if not manifest.commercial_use and not accepted:
        raise LicenceNotAccepted(
            f"the weights of {manifest.name} may not be used commercially; "
            "who may use them says so with accept_licence = true"
        )


def _session(folder: Path, prepared: Prepared, role: str, provider: str, threads: int) -> Session:
    chosen = prepared.choice[role] if provider == AUTO else provider
    if provider == AUTO and chosen not in installed():
        chosen = PROVIDERS[0]
    require(chosen)
    return open_session(folder / "prepared" / prepared.graphs[chosen][role], chosen, threads)


def _models(manifest: Manifest, sessions: dict[str, Session]) -> tuple[Detector, Embedder]:
    layout = manifest.roles["detector"].input
    detector = Detector(sessions["detector"], layout.side, layout.score, layout.overlap)
    return detector, Embedder(sessions["embedder"], manifest.dim)
