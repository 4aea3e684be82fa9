// The random question whether the holder is here: said calmly, on top, and asked for again by itself.

import { h } from "../../web/dom.mjs";
import { time } from "./phone_words.mjs";

/** How often the page asks for its state while somebody looks at it. */
export const EVERY_MS = 60_000;

/** Call `look` now and again while the page is seen, or where the holder wants to be told. */
export function watching(look) {
  const tick = () => {
    if (!document.hidden || allowed()) look();
  };
  setInterval(tick, EVERY_MS);
}

/** Whether two states show the same; the moment alone makes no other screen. */
export const same = (one, other) =>
  JSON.stringify({ ...one, at: null }) === JSON.stringify({ ...other, at: null });

/** Whether a question of this window is open. */
export const isOpen = (state) => Boolean(state?.window?.recheck_by);

/** Whether a question that was open is answered by now. */
export const wasAnswered = (before, after) =>
  isOpen(before) && !isOpen(after) && before.window.id === after?.window?.id;

/** The card on top: until when, and each way to answer. */
export function card(t, state, field, answer) {
  const { recheck_by: by, recheck_by_code: code } = state.window;
  const ways = [h("li", {}, t("console.phone.recheck.face"))];
  if (code) ways.push(h("li", {}, t("console.phone.recheck.code")));
  return h(
    "section",
    { class: "card recheck", "aria-labelledby": "recheck-title" },
    h("h2", { id: "recheck-title" }, t("console.phone.recheck")),
    h("p", { class: "recheck-by" }, t("console.phone.recheck.by", { by: time(by, state.at) })),
    h("ul", { class: "ways" }, ways),
    code ? answering(t, field, answer) : null,
    h("p", { class: "note" }, t("console.phone.recheck.care")),
  );
}

function answering(t, field, answer) {
  const made = field("recheck-code");
  const submit = (event) => {
    event.preventDefault();
    answer(made.input.value);
  };
  const send = h("button", { class: "button big primary", type: "submit" }, t("console.phone.recheck.go"));
  return h("form", { class: "form", on: { submit } }, made.element, send);
}

/** After a question that nobody answered: what is so now, and what to do next. */
export function unanswered(t, state) {
  const { site, ended_at: ended } = state.unanswered;
  return h(
    "section",
    { class: "card recheck" },
    h("h2", {}, t("console.phone.unanswered", { at: time(ended, state.at) })),
    h("p", {}, t("console.phone.unanswered.next", { site })),
    h("p", { class: "note" }, t("console.phone.recheck.care")),
  );
}

/** Offered where the browser can tell its owner something and was not asked yet. */
export function offer(t, done) {
  if (typeof Notification === "undefined" || Notification.permission !== "default") return null;
  const click = async () => {
    await Notification.requestPermission();
    done();
  };
  const button = h("button", { class: "button big quiet", type: "button", on: { click } }, t("console.phone.remind"));
  return h("section", { class: "card" }, button, h("p", { class: "hint" }, t("console.phone.remind.text")));
}

/** Tell the owner of a phone that lies there; nothing of a person or a place is in it. */
export function remind(t, state) {
  if (!document.hidden || !allowed()) return;
  const body = t("console.phone.recheck.by", { by: time(state.window.recheck_by, state.at) });
  try {
    new Notification(t("console.phone.recheck"), { body, tag: "recheck" });
  } catch {
    // Some browsers allow it to service workers only: the card is on the page.
  }
}

const allowed = () => typeof Notification !== "undefined" && Notification.permission === "granted";
