// The desk's camera: three frames a second go to the verifier, which says what to mend and keeps
// what is good. Nothing is kept here; the picture stays in the page's memory for one frame.

import { say } from "/web/dom.mjs";
import { loadCatalogues, translator } from "/web/i18n.mjs";
import { isLeaving } from "./leaving.mjs";

const EVERY_MS = 330;
const WIDE = 640;

const form = document.querySelector("#frames");
const video = document.querySelector("#live");
const line = document.querySelector("#say");
const taken = document.querySelector("#taken");
const { language, one } = form.dataset;
const canvas = document.createElement("canvas");

await loadCatalogues([language], ["console_desk"]);
const t = translator(language);

try {
  video.srcObject = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" },
    audio: false,
  });
  await video.play();
  look();
} catch {
  say(line, t("console.desk.camera.none"));
}

async function look() {
  const from = performance.now();
  if (!document.hidden && video.videoWidth && (await sent())) return;
  setTimeout(look, Math.max(0, EVERY_MS - (performance.now() - from)));
}

/** Whether the page is done with the camera. */
async function sent() {
  let answer;
  try {
    const body = new FormData(form);
    body.set("frame", await frame(), "frame.jpg");
    answer = await fetch(form.action, { method: "POST", body });
  } catch {
    say(line, t("console.desk.camera.away"));
    return false;
  }
  if (answer.status === 503) return false; // the verifier is at other work: the next frame will do
  if (!answer.ok) return leave();
  const seen = await answer.json();
  show(seen);
  return seen.enough ? leave() : false;
}

/** The server knows what comes next: others alike, saving, or that the time is over. */
function leave() {
  for (const track of video.srcObject.getTracks()) track.stop();
  if (!isLeaving()) location.replace(one);
  return true;
}

function frame() {
  const scale = Math.min(1, WIDE / video.videoWidth);
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

function show({ code, signs, taken: count }) {
  say(line, t(`console.desk.look.${code || "good"}`));
  taken.value = count;
  for (const [name, state] of Object.entries(signs)) {
    document.querySelector(`[data-sign=${name}]`).dataset.state = state;
  }
}
