"""The keyed rotation of a gallery's templates.

Every template is stored and held in memory turned by one secret orthogonal matrix Q of its gallery.
Cosines do not change, so search goes on as before; templates of the same face in two galleries are
unrelated without the keys (unlinkability, ISO/IEC 24745), and a gallery can be re-keyed by one more
multiplication.

It is *not* irreversible: Q has D(D - 1)/2 degrees of freedom, and who knows D linearly independent
pairs of a face's embedding and its rotated form solves for Q; half as many known faces already
narrow it badly. Templates are therefore also encrypted, and this is no reason to leave that out.
"""

from functools import lru_cache

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

_TWO_53 = float(1 << 53)


def rotate(key: bytes, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (K, D) or one vector (D,), float32, turned by the key's matrix; lengths stay."""
    turned: NDArray[np.float32] = vectors @ matrix(bytes(key), vectors.shape[-1]).T
    return turned


@lru_cache(maxsize=16)
def matrix(key: bytes, dim: int) -> NDArray[np.float32]:
    """The orthogonal matrix (dim, dim) of this key, distributed by Haar's measure.

    QR of a Gaussian matrix with the signs of R's diagonal made positive (Mezzadri 2007). The
    Gaussian comes from the key's AES-256-CTR stream by Box and Muller, not from numpy's generator,
    whose streams may change; two machines agree to the rounding of float32.
    """
    gaussian = _gaussian(key, dim * dim).reshape(dim, dim)
    q, r = np.linalg.qr(gaussian)
    turned: NDArray[np.float32] = (q * np.sign(np.diag(r))).astype(np.float32)
    turned.setflags(write=False)
    return turned


def _gaussian(key: bytes, count: int) -> NDArray[np.float64]:
    pairs = (count + 1) // 2
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(16 * pairs))
    words = np.frombuffer(stream, dtype="<u8") >> np.uint64(11)
    uniform = (words.astype(np.float64) + 0.5) / _TWO_53
    radius = np.sqrt(-2.0 * np.log(uniform[:pairs]))
    angle = 2.0 * np.pi * uniform[pairs:]
    both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return both[:count]
