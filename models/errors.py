"""What can go wrong between a pack and an embedding. Each error has a stable `code`.

`str(error)` is one English sentence for the operator; `detail` is one Chinese sentence fit for a
screen. Neither ever holds personal data.
"""

from typing import ClassVar


class ModelError(Exception):
    """Base of every error of this package."""

    code: str = "model.error"
    detail: ClassVar[str] = "人脸模型不可用，请到人工窗口办理。"


class PackUnknown(ModelError):
    """No manifest has this name."""

    code = "pack.unknown"


class ManifestInvalid(ModelError):
    """A manifest is not TOML or lacks something."""

    code = "pack.manifest_invalid"


class LicenceNotAccepted(ModelError):
    """The weights are not free for commercial use and nobody has accepted their licence."""

    code = "pack.licence_not_accepted"


class PackNotFetched(ModelError):
    """The pack's files are not in the cache."""

    code = "pack.not_fetched"


class DigestMismatch(ModelError):
    """A file is not the one that the manifest, or the preparation, names."""

    code = "pack.digest_mismatch"


class SourceFailed(ModelError):
    """No source could give a file of the pack."""

    code = "pack.source_failed"


class DiskFull(ModelError):
    """The cache's disk has no room; nothing half-written is left."""

    code = "pack.disk_full"


class CacheUnwritable(ModelError):
    """The cache folder cannot be written."""

    code = "pack.cache_unwritable"


class GraphUnsupported(ModelError):
    """A model's graph is not of the form that preparation understands."""

    code = "pack.graph_unsupported"


class NotEquivalent(ModelError):
    """A rewritten graph, or a provider, does not give the folded graph's answers."""

    code = "pack.not_equivalent"


class ProviderUnavailable(ModelError):
    """The runtime that was asked for is not installed."""

    code = "provider.unavailable"


class InferenceFailed(ModelError):
    """The runtime failed on an input."""

    code = "provider.failed"


class FrameRefused(ModelError):
    """An array is no picture. Codes: `frame.none`, `frame.shape`, `frame.dtype`, `frame.empty`,
    `frame.too_large`."""

    detail = "画面无法识别，请重试。"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ImageRefused(ModelError):
    """Bytes are no picture that we decode. Codes: `image.empty`, `image.too_many_bytes`,
    `image.format`, `image.header`, `image.truncated`, `image.size`, `image.too_small`,
    `image.too_many_pixels`, `image.undecodable`."""

    detail = "照片无法读取，请换一张照片。"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
