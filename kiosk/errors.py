"""What can go wrong at a terminal, each with a stable `code`."""

from verifier.protocol.errors import Problem


class KioskError(Exception):
    """Base of the terminal's own errors. Messages carry no personal data."""

    code = "kiosk.error"


class IdentityMissing(KioskError):
    """The terminal has no key file: it is not registered."""

    code = "kiosk.identity_missing"


class IdentityTaken(KioskError):
    """The key file is a registered terminal's already."""

    code = "kiosk.identity_exists"


class IdentityUnreadable(KioskError):
    """The key file is no key file of a terminal."""

    code = "kiosk.identity_unreadable"


class IdentityExposed(KioskError):
    """Others than the owner may read the key file; the agent refuses to start with it."""

    code = "kiosk.identity_exposed"


class ChainUnreadable(KioskError):
    """The file of counter and last claim is damaged; a new registration is needed."""

    code = "kiosk.chain_unreadable"


class AlreadyRunning(KioskError):
    """Another agent signs with this terminal's key."""

    code = "kiosk.already_running"


class InsecureAddress(KioskError):
    """The verifier's address is neither HTTPS nor this machine."""

    code = "kiosk.insecure_address"


class CertificateUnreadable(KioskError):
    """The files of TLS are missing, or do not belong together."""

    code = "kiosk.certificate_unreadable"


class DecoderMissing(KioskError):
    """The decoder of chips' photos that the settings name cannot be loaded."""

    code = "kiosk.decoder_missing"


class NoTicket(KioskError):
    """No ticket is left for a check-in while the verifier is away."""

    code = "kiosk.no_ticket"


class VerifierUnreachable(KioskError):
    """No connection, no answer in time, or a verifier that cannot answer now."""

    code = "kiosk.verifier_unreachable"


class VerifierConfused(KioskError):
    """An answer that is not of the protocol, or is about another claim."""

    code = "kiosk.verifier_confused"


class VerifierRefused(KioskError):
    """A typed refusal (RFC 9457). `code` is the problem's own."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.code = problem.code
