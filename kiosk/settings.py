"""The terminal's settings: environment `SHUALIAN_KIOSK_…`, and `SHUALIAN_DATA`."""

import ssl
from importlib import import_module
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from devices.manager import DeviceConfig
from devices.manager.config import load
from devices.resident_id.photo import PhotoDecoder
from verifier.protocol.values import Code

from .errors import CertificateUnreadable, DecoderMissing


class KioskSettings(BaseSettings):
    """How one terminal runs. Times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="SHUALIAN_KIOSK_", extra="ignore", frozen=True, populate_by_name=True
    )

    data: Path = Field(
        Path(".data"),
        validation_alias=AliasChoices("data", "SHUALIAN_DATA"),
        description="Folder of everything that is kept; the terminal's own files are in `kiosk/`.",
    )
    port: int = Field(8380, ge=0, le=65535, description="Of the page, on 127.0.0.1 only.")
    camera: str = Field("0", description="Index, file or URL.")
    devices: Path | None = Field(
        None, description="TOML that lists every device; else there is the one reader below."
    )
    reader: str = Field("/dev/ttyUSB0", description="The resident-ID reader's port.")
    pack: str = Field("opencv-zoo", description="The model pack.")
    threads: int = Field(2, ge=1, le=64)
    ca_file: Path | None = Field(None, description="The hospital's own certificate authority.")
    tls_cert: Path | None = Field(
        None, description="This terminal's certificate, where the verifier asks for one."
    )
    tls_key: Path | None = Field(None, description="Its key (0600).")
    notices: Path | None = Field(None, description="Folder of the hospital's own notices.")

    hospital: str = Field(
        "本院", max_length=40, description="Name on the screen and in the notice."
    )
    hospital_english: str = Field("this hospital", max_length=80)
    contact: str = Field(
        "人工窗口", max_length=40, description="Telephone or office, in the notice."
    )
    contact_english: str = Field("the service counter", max_length=80)
    purpose: Code = "outpatient_registration"
    identify: bool = Field(
        False, description="Offer the card-less way; the purpose's policy must allow it as well."
    )
    identify_practice: bool = Field(
        False, description="The same for 医护签到; the policy of practice_check_in must allow it."
    )
    gnss: str | None = Field(
        None,
        validation_alias=AliasChoices("gnss", "SHUALIAN_KIOSK_GNSS", "SHUALIAN_GNSS"),
        description="A GNSS receiver's port, where none is in the list of devices; its fix goes "
        "with a 医护签到. None: no position.",
    )
    phone_page: str | None = Field(
        None,
        max_length=200,
        description="Address of the phones' page, where phones reach the verifier by another name.",
    )
    photo_decoder: str | None = Field(
        None,
        pattern=r"^[\w.]+:\w+$",
        description="The hospital's licensed decoder of chips' photos (WLT): `module:class`, a "
        "`devices.resident_id.photo.PhotoDecoder`. None: no chip's photo is looked at.",
    )
    silhouette: bool = Field(False, description="Show a drawn silhouette instead of the person.")

    good_frames: int = Field(5, ge=1, le=60, description="In a row, before the best is taken.")
    face_timeout: float = Field(25.0, gt=0, description="Then the person is offered another way.")
    frames_per_second: float = Field(10.0, gt=0, le=30)
    preview_width: int = Field(640, ge=160, le=640)

    def listed(self) -> list[DeviceConfig]:
        """The terminal's devices beside its camera. Raises `devices.manager.ConfigError`."""
        if self.devices is not None:
            return load(self.devices)
        return [DeviceConfig("id-reader", "resident_id", self.reader)]

    def decoder(self) -> PhotoDecoder | None:
        """The decoder of chips' photos. Raises `DecoderMissing`."""
        if self.photo_decoder is None:
            return None
        module, _, name = self.photo_decoder.partition(":")
        try:
            found: PhotoDecoder = getattr(import_module(module), name)()
        except (ImportError, AttributeError, OSError) as error:
            raise DecoderMissing(f"{self.photo_decoder}: {type(error).__name__}") from None
        return found

    def tls_context(self) -> ssl.SSLContext | None:
        """What it trusts and shows; None: the system's trust, and no certificate.

        Raises `CertificateUnreadable`.
        """
        if self.ca_file is None and self.tls_cert is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.tls_cert is not None:
                context.load_cert_chain(self.tls_cert, self.tls_key)
        except OSError:  # ssl.SSLError is one
            raise CertificateUnreadable("the certificate files cannot be used") from None
        return context

    @property
    def folder(self) -> Path:
        """Folder of the terminal's own files."""
        return self.data / "kiosk"

    @property
    def identity_file(self) -> Path:
        """The terminal's key and registration."""
        return self.folder / "terminal.json"

    @property
    def chain_file(self) -> Path:
        """Counter and last recorded claim."""
        return self.folder / "chain.json"

    @property
    def journal_file(self) -> Path:
        """Visits that were sent to the counter."""
        return self.folder / "journal.jsonl"
