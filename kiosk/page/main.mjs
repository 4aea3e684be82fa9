// The page is a thin view: the agent says which screen, the page draws it and sends touches back.

import { h, say } from "/web/dom.mjs";
import { loadCatalogues, translator } from "/web/i18n.mjs";
import { connect } from "/web/socket.mjs";
import { demoBar } from "./demo.mjs";
import { bottom, stillThere, top } from "./frame.mjs";
import { screens } from "./screens.mjs";

// A second tap of a trembling finger must not land on the next screen.
const SETTLE_MS = 250;

const part = (id) => document.getElementById(id);
const token = document.querySelector('meta[name="shualian-token"]').content;

let screen = null;
let drawn = { key: null, update() {}, picture() {} };

await loadCatalogues();
const send = connect("/ws", "shualian.kiosk.1", token, {
  message: (message) => (message.type === "demo" ? demo.show(message) : show(message)),
  picture: (blob) => drawn.picture(blob),
  state: (connected) => lost(!connected),
});
const touch = (type, more = {}) => send({ type, serial: screen.serial, ...more });
const demo = demoBar(part("demo"), send);

function show(next) {
  screen = next;
  const t = translator(screen.language);
  document.documentElement.lang = screen.language === "zh" ? "zh-CN" : "en";
  document.title = `${screen.hospital} · ${t("page.title")}`;
  part("kiosk").classList.toggle("low", screen.low_reach);
  part("kiosk").dataset.step = screen.step;
  // An open dialog keeps the focus to itself, so it is closed before the title asks for it.
  stillThere(part("still"), screen, t, touch);
  draw(t);
  drawn.update(screen);
  demo.language(screen.language, t);
  part("kiosk").dataset.serial = screen.serial;
}

function draw(t) {
  const key = [screen.serial, screen.step, screen.language, screen.low_reach, screen.slip, screen.health, screen.practice_offered].join();
  if (key === drawn.key) return;
  const focused = document.activeElement?.dataset?.key;
  const { node, update = () => {}, picture = () => {} } = screens[screen.step](screen, t, touch);
  const moved = drawn.serial !== screen.serial;
  const printing = !moved && screen.slip !== drawn.slip && screen.slip && screen.slip !== "offered";
  drawn = { key, serial: screen.serial, slip: screen.slip, update, picture };
  part("top").replaceChildren(...top(screen, t, touch));
  part("bottom").replaceChildren(...bottom(screen, t, touch));
  part("main").replaceChildren(node);
  if (printing) say(part("live"), t(`slip.${screen.slip}`));
  if (moved) settle();
  else document.querySelector(`[data-key="${focused}"]`)?.focus();
}

let settled = null;

// Fingers wait, a screen reader does not: the title is there and has the focus from the first moment.
function settle() {
  clearTimeout(settled);
  part("kiosk").classList.add("settling");
  settled = setTimeout(() => part("kiosk").classList.remove("settling"), SETTLE_MS);
  part("main").scrollTop = 0;
  const title = part("main").querySelector("h1");
  title.focus({ preventScroll: true });
  say(part("live"), title.textContent);
}

// A keyboard types the four characters as well as the keypad does.
addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
  if (screen?.step !== "digits" || screen.still_there || ctrlKey || altKey || metaKey) return;
  if (/^[0-9xX]$/.test(key)) touch("key", { key: key.toUpperCase() });
  else if (key === "Backspace") touch("erase");
});

// A long press is a slow finger, not a wish for a menu.
addEventListener("contextmenu", (event) => event.preventDefault());

let lostTimer = null;

function lost(yes) {
  clearTimeout(lostTimer);
  // A short break is not worth a word.
  if (yes) lostTimer = setTimeout(pause, 1500);
  else if (!part("lost").hidden) resume();
}

/** The pause stands in the screen's place: nothing under it can be reached. */
function pause() {
  const title = h("h1", { tabIndex: -1 }, translator(screen?.language ?? "zh")("page.lost"));
  part("still").close();
  part("kiosk").inert = true;
  part("lost").replaceChildren(title);
  part("lost").hidden = false;
  title.focus();
}

function resume() {
  part("lost").hidden = true;
  part("kiosk").inert = false;
  part("main").querySelector("h1")?.focus({ preventScroll: true });
}
