#!/bin/sh
# Renew the locks: `make lock`. Every wheel by hash, no address, installed with --no-deps.
# What is left out, and why:
#   opencv-python        the full wheel wants the system's libGL; the headless one gives the same cv2
#   openvino-telemetry   would speak to the internet; openvino runs without it
#   the rest             insightface's own needs, which only its model packs use (extra "insightface")
set -eu
cd "$(dirname "$0")/.."
left_out="opencv-python openvino-telemetry scikit-image scipy imageio networkx tifffile lazy-loader
requests tqdm charset-normalizer urllib3"
compile() { # lock-file extra words-to-leave-out
  omit=""
  for name in $3; do omit="$omit --no-emit-package $name"; done
  # shellcheck disable=SC2086
  "${UV:-uv}" pip compile pyproject.toml requirements/build.in --quiet --universal --python-version 3.11 --extra "$2" \
    --generate-hashes --no-emit-index-url --no-header --no-annotate $omit --output-file "requirements/$1.lock"
}
compile kiosk kiosk "$left_out"
# PC/SC readers alone: it is built from source, with the system's headers
compile pcsc pcsc "$left_out $(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' requirements/kiosk.lock | tr '\n' ' ') setuptools"
compile run demo "$left_out"
# schemathesis needs requests and its two companions
compile dev dev "opencv-python openvino-telemetry scikit-image scipy imageio networkx tifffile lazy-loader tqdm"
# what only `make fuzz` needs
"${UV:-uv}" pip compile requirements/fuzz.in --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header --no-annotate --output-file requirements/fuzz.lock
