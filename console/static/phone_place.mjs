// Where the phone says it is, asked once for each check-in; and a site's code read by the camera.

const MOST_M = 100_000;
const PATIENCE_MS = 8_000;

/** One position, or null: whoever gives none can still check in with the site's code. */
export function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      (fix) => resolve(written(fix)),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 0 },
    );
  });
}

/** A browser does not tell its datum: in China some shift what they say, and none says whether. */
function written({ coords, timestamp }) {
  if (!(coords.accuracy <= MOST_M)) return null;
  return {
    latitude: coords.latitude,
    longitude: coords.longitude,
    datum: "unknown",
    accuracy_m: Math.max(coords.accuracy, 0.1),
    source: "browser",
    at: new Date(timestamp).toISOString(),
  };
}

/** Whether the camera can read a code here; elsewhere it is typed, and nothing lacks. */
export const canScan = () => "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices);

/** The first code that the camera sees; null once `signal` is aborted. Throws where it is refused. */
export async function scan(video, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    while (!signal.aborted) {
      const [found] = await detector.detect(video);
      if (found) return found.rawValue;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
