// What stands around every screen: the top line, the way to the counter, the question whether somebody is there.

import { h } from "/web/dom.mjs";
import { icon } from "/web/pictures.mjs";

const OTHER = { zh: "en", en: "zh" };
const NAME = { zh: "中文", en: "English" };

/** A button with a picture and words. `key` keeps the focus when the screen is drawn anew. */
export function button(key, classes, name, words, onClick, more = {}) {
  const { note = null, ...props } = more;
  return h(
    "button",
    { type: "button", class: `button ${classes}`, data: { key }, on: { click: onClick }, ...props },
    name ? icon(name) : null,
    h("span", { class: "words" }, h("span", { class: "label" }, words), note && h("span", { class: "note" }, note)),
  );
}

/** The hospital's name, the language switch and the low-reach switch. */
export function top(screen, t, touch) {
  const other = OTHER[screen.language];
  const reach = screen.low_reach ? t("common.normal_reach") : t("common.low_reach");
  const language = button("language", "quiet", null, NAME[other], () => touch("language", { language: other }), {
    lang: other === "zh" ? "zh-CN" : "en",
  });
  const lower = button("reach", "quiet square", "wheelchair", reach, () => touch("reach", { low: !screen.low_reach }));
  const where = screen.act ? `${screen.hospital} · ${t(`practice.mode.${screen.act}`)}` : screen.hospital;
  const name = h("p", { class: "hospital" }, icon("hospital"), h("span", {}, where));
  const mark = screen.health.length > 0 ? [maintenance(screen, t)] : [];
  return [name, ...mark, h("div", { class: "switches" }, lower, language)];
}

function maintenance(screen, t) {
  const known = (code) => (t(`health.${code}`) === `health.${code}` ? code : t(`health.${code}`));
  const words = `${t("page.maintenance")}: ${screen.health.map(known).join(", ")}`;
  return h("p", { class: "maintenance", title: words }, icon("wrench"), h("span", { class: "hidden-text" }, words));
}

/** The counter is one touch away on every screen, and so is the end. */
export function bottom(screen, t, touch) {
  const parts = [];
  if (["card", "age", "digits"].includes(screen.step)) {
    parts.push(button("back", "quiet", "back", t("common.back"), () => touch("back")));
  }
  if (!["doors", "counter"].includes(screen.step)) {
    parts.push(button("counter", "quiet", "counter", t("common.counter"), () => touch("counter")));
  }
  const ends = ["attract", "result", "counter"].includes(screen.step) || (screen.practice && !screen.practice.asks);
  if (!ends) {
    parts.push(button("end", "quiet", "end", t("common.end"), () => touch("end")));
  }
  parts.push(...slip(screen, t, touch));
  return parts;
}

/** The way to a printed slip, and then what became of it. */
function slip(screen, t, touch) {
  if (!screen.slip) return [];
  if (screen.slip === "offered") return [button("print", "quiet", "slip", t("slip.print"), () => touch("print"))];
  // It takes the button's place, and the focus that stood there.
  const place = { class: `slip slip-${screen.slip}`, tabIndex: -1, data: { key: "print" } };
  return [h("p", place, icon("slip"), h("span", {}, t(`slip.${screen.slip}`)))];
}

/** Asks whether somebody is still there, over the screen. */
export function stillThere(dialog, screen, t, touch) {
  if (!screen.still_there) {
    if (dialog.open) dialog.close();
    return;
  }
  dialog.replaceChildren(
    h("h2", { id: "still-title" }, t("still.title")),
    h("p", {}, t("still.text")),
    h(
      "div",
      { class: "pair" },
      button("here", "primary", "tick", t("still.here"), () => touch("here")),
      button("still-end", "choice", "end", t("common.end"), () => touch("end")),
    ),
  );
  if (!dialog.open) {
    dialog.oncancel = (event) => {
      event.preventDefault();
      touch("here");
    };
    dialog.showModal();
  }
}
