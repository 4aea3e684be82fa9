// A face from this phone: the camera with what plain script can honestly judge, pictures, the seal.
//
// There is no face model here. Light and stillness are measured in the oval; whether a face is in
// it, whose it is, and whether it is alive is not judged by this page.

import { base64url, digestOf, utf8 } from "./phone_key.mjs";

const FRAMES = 4;
const GAP_MS = 220;
const LONGEST = 288; // of a picture, in pixels; the verifier takes 320 at most
const SAMPLE = 32;
const DARK = 55;
const BRIGHT = 215;
const STILL = 9; // mean difference of two samples, of 255
const CALM = 4; // samples in a row
const LOOK_MS = 150;

/** Whether this browser has a camera to offer. */
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Pictures once light and stillness allow; null once `signal` is aborted. `hint` hears what to do:
 * dark, bright, still or ready. Throws where the camera is refused.
 */
export async function take(video, signal, hint) {
  const wanted = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  try {
    video.srcObject = stream;
    await video.play();
    if (!(await calm(video, signal, hint))) return null;
    hint("ready");
    return await pictures(video, signal);
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

async function calm(video, signal, hint) {
  let before = null;
  for (let quiet = 0; quiet < CALM; ) {
    if (signal.aborted) return false;
    const now = sample(video);
    const word = trouble(now, before);
    hint(word ?? "hold");
    quiet = word || !before ? 0 : quiet + 1;
    before = now;
    await pause(LOOK_MS);
  }
  return !signal.aborted;
}

function trouble(now, before) {
  const light = now.reduce((sum, each) => sum + each, 0) / now.length;
  if (light < DARK) return "dark";
  if (light > BRIGHT) return "bright";
  if (!before) return null;
  const moved = now.reduce((sum, each, place) => sum + Math.abs(each - before[place]), 0);
  return moved / now.length > STILL ? "still" : null;
}

/** Grey values of the middle of the picture. */
function sample(video) {
  const context = cut(video, SAMPLE);
  const { data } = context.getImageData(0, 0, SAMPLE, SAMPLE);
  return Float32Array.from({ length: SAMPLE * SAMPLE }, (_, place) =>
    (data[4 * place] + data[4 * place + 1] + data[4 * place + 2]) / 3);
}

/** The square in the middle, where the oval is. */
function cut(video, side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const short = Math.min(video.videoWidth, video.videoHeight);
  const [x, y] = [(video.videoWidth - short) / 2, (video.videoHeight - short) / 2];
  context.drawImage(video, x, y, short, short, 0, 0, side, side);
  return context;
}

async function pictures(video, signal) {
  const begun = performance.now();
  const frames = [];
  while (frames.length < FRAMES && !signal.aborted) {
    const { canvas } = cut(video, LONGEST);
    const at = Math.round(performance.now() - begun);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    frames.push({ png: base64url(new Uint8Array(await blob.arrayBuffer())), at_ms: at });
    await pause(GAP_MS);
  }
  return signal.aborted ? null : { captured_at: new Date().toISOString(), frames };
}

/** Compact JWE (RFC 7518 §4.6): ECDH-ES over P-256, A256GCM; only the verifier opens it. */
export async function sealed(capture, jwk) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const { kty, crv, x, y, kid } = jwk;
  const theirs = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, curve, false, []);
  const once = await crypto.subtle.generateKey(curve, true, ["deriveBits"]);
  const own = await crypto.subtle.exportKey("jwk", once.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, once.privateKey, 256);
  const key = await contentKey(new Uint8Array(shared));
  const epk = { kty: own.kty, crv: own.crv, x: own.x, y: own.y };
  const header = base64url(utf8(JSON.stringify({ alg: "ECDH-ES", enc: "A256GCM", kid, epk })));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const said = { name: "AES-GCM", iv, additionalData: utf8(header), tagLength: 128 };
  const text = utf8(JSON.stringify(capture));
  const closed = new Uint8Array(await crypto.subtle.encrypt(said, key, text));
  const [body, tag] = [closed.subarray(0, -16), closed.subarray(-16)];
  return [header, "", base64url(iv), base64url(body), base64url(tag)].join(".");
}

/** The Concat KDF of RFC 7518 §4.6.2, one round: the lengths of names and the bits come with it. */
async function contentKey(shared) {
  const number = (value) => [0, 0, value >> 8, value & 255];
  const name = utf8("A256GCM");
  const said = [...number(1), ...shared, ...number(name.length), ...name, ...number(0), ...number(0)];
  const bits = await digestOf(Uint8Array.from([...said, ...number(256)]));
  return crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt"]);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
