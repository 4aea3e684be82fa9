// A nurse's phone at a bed. Only what is inside the oval leaves the phone: whoever stands beside it
// is painted over before a frame is sent. Nothing is kept; good frames wait in memory for a moment.

import { say } from "/web/dom.mjs";
import { loadCatalogues, translator } from "/web/i18n.mjs";
import { isLeaving } from "./leaving.mjs";

const EVERY_MS = 330;
const HIGH = 640;
const WALL = "rgb(168 168 168)";
const OVAL = [0.46, 0.47]; // half axes, as shares of the window's width and height

const form = document.querySelector("#look");
const start = document.querySelector("#start");
const view = document.querySelector("#view");
const video = document.querySelector("#live");
const line = document.querySelector("#say");
const taken = document.querySelector("#taken");
const { language, frame: judge, frames } = form.dataset;
const most = Number(frames);
const canvas = document.createElement("canvas");
let good = [];

await loadCatalogues([language], ["console_ward"]);
const t = translator(language);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
start.disabled = false;
if (!form.querySelector("[required]")) begin();

async function begin() {
  start.hidden = true;
  good = [];
  taken.value = 0;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "environment" },
      audio: false,
    });
    view.hidden = false;
    await video.play();
  } catch {
    stop(t("console.ward.camera.none"));
    return;
  }
  say(line, t("console.ward.look.start"));
  look();
}

async function look() {
  const from = performance.now();
  await fresh();
  if (!document.hidden && video.videoWidth && (await done())) return;
  setTimeout(look, Math.max(0, EVERY_MS - (performance.now() - from)));
}

/** Until the camera has given a new picture: in poor light it is slow, and one picture is one. */
function fresh() {
  if (!video.requestVideoFrameCallback) return Promise.resolve();
  return new Promise((resolve) => video.requestVideoFrameCallback(resolve));
}

/** Whether the camera is no longer needed. */
async function done() {
  const picture = await cut();
  const body = token();
  body.set("frame", picture, "frame.jpg");
  const answer = await sent(judge, body);
  if (answer === null || answer.status === 503) return false; // the next frame will do
  if (!answer.ok) {
    if (!isLeaving()) location.reload(); // the page says why: the session, the ward, the time
    return true;
  }
  const { code } = await answer.json();
  say(line, t(`console.ward.look.${code || "good"}`));
  if (!code) good.push(picture);
  taken.value = good.length;
  if (good.length < most) return false;
  await compare();
  return true;
}

async function compare() {
  close();
  say(line, t("console.ward.look.comparing"));
  const body = new FormData(form);
  good.forEach((picture, place) => body.set(`frame${place}`, picture, "frame.jpg"));
  good = [];
  const answer = await sent(form.action, body);
  if (answer === null) return stop(t("console.ward.camera.away"));
  const said = await answer.json().catch(() => ({}));
  if (isLeaving()) return;
  if (answer.ok) location.replace(said.to);
  else stop(said.said ?? t("console.ward.camera.away"));
}

async function sent(address, body) {
  try {
    return await fetch(address, { method: "POST", body });
  } catch {
    say(line, t("console.ward.camera.away"));
    return null;
  }
}

function token() {
  const body = new FormData();
  const field = form.querySelector("input[type=hidden]");
  body.set(field.name, field.value);
  return body;
}

/** The oval alone, on a grey ground, as JPEG. */
function cut() {
  const { videoWidth: wide, videoHeight: high } = video;
  const across = Math.min(wide, (high * 3) / 4);
  const down = (across * 4) / 3;
  canvas.height = Math.min(HIGH, Math.round(down));
  canvas.width = Math.round((canvas.height * 3) / 4);
  const on = canvas.getContext("2d");
  on.fillStyle = WALL;
  on.fillRect(0, 0, canvas.width, canvas.height);
  on.save();
  on.beginPath();
  const [x, y] = [canvas.width / 2, canvas.height / 2];
  on.ellipse(x, y, OVAL[0] * canvas.width, OVAL[1] * canvas.height, 0, 0, 2 * Math.PI);
  on.clip();
  on.drawImage(video, (wide - across) / 2, (high - down) / 2, across, down, 0, 0, canvas.width, canvas.height);
  on.restore();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

function close() {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  view.hidden = true;
}

function stop(words) {
  close();
  say(line, words);
  start.hidden = false;
}

addEventListener("pagehide", close);
