"""A real HTTPS server on this machine for the fetching tests, with knobs for what goes wrong."""

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Faults:
    """Attributes:
    cut_after: bytes sent before the connection is cut, once for every number in the list.
    no_ranges: answers every request with the whole file.
    extra: bytes sent beyond the file.
    redirect: answers with a redirect to this address.
    """

    cut_after: list[int] = field(default_factory=list)
    no_ranges: bool = False
    extra: bytes = b""
    redirect: str | None = None


class HttpsServer:
    """Serves bytes by name. `requests` are the Range headers that came, "" where there was none."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.files, self.faults, self.requests = files, Faults(), list[str]()
        self.authority = folder / "authority.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder, self.authority))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "HttpsServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(server: HttpsServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            server.requests.append(wanted)
            data = server.files.get(self.path.strip("/"))
            if server.faults.redirect is not None:
                self.send_response(302)
                self.send_header("Location", server.faults.redirect)
                self.end_headers()
            elif data is None:
                self.send_error(404)
            else:
                self._send(data, wanted)

        def _send(self, data: bytes, wanted: str) -> None:
            start = 0
            if wanted and not server.faults.no_ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
            body = data[start:] + server.faults.extra
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if server.faults.cut_after:
                body = body[: server.faults.cut_after.pop(0)]
                self.close_connection = True
            self.wfile.write(body)

    return Handler


def _certificate(folder: Path, authority: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    authority.write_bytes(pem)
    both = folder / "server.pem"
    both.write_bytes(secret + pem)
    return both
