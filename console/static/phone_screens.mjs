// What the phone shows: elements made from what is known, which know nothing of requests.

import { h } from "../../web/dom.mjs";
import { canScan } from "./phone_place.mjs";
import { forField, isYesterday, time } from "./phone_words.mjs";

const REASONS = ["rescue", "urgent_consultation", "substitute", "longer_operation", "extra_hours"];

/** A sentence where the eyes are: `kind` is done or care. */
export function note(kind, text) {
  const role = kind === "done" ? "status" : "alert";
  return h("p", { class: kind === "done" ? "flash" : "trouble", role, tabIndex: -1 }, text);
}

/** Nothing but a sentence, and one way on. */
export function alone(text, word, act) {
  return h("section", { class: "card" }, h("p", {}, text), word ? big(word, act, "primary") : null);
}

/** The practitioner's code, and that of the site. */
export function enrolment(t, code, siteCode, { enrol, scan }) {
  const own = field("own-code", t("console.phone.own_code"), t("console.phone.own_code.hint"), {
    value: code,
    maxLength: 40,
  });
  const site = siteField(t, scan, siteCode);
  const send = () => enrol(own.input.value, site.input.value);
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("console.phone.enrol")),
    h("p", { class: "note" }, t("console.phone.enrol.text")),
    form([own.element, site.element, big(t("console.phone.enrol.go"), null, "primary")], send),
  );
}

/** Whether the person is in, since when and until when. */
export function standing(t, state, { out }) {
  const { window, elsewhere, at } = state;
  if (!window) {
    const text = elsewhere
      ? t("console.phone.in_elsewhere", { site: elsewhere.site, since: time(elsewhere.since, at) })
      : t("console.phone.not_in");
    return h("section", { class: "card stands" }, h("p", { class: "stands-word" }, text));
  }
  const times = { since: time(window.since, at), until: time(window.until, at) };
  const waits = window.state === "provisional";
  const word = window.face_confirms ? "console.phone.waits" : "console.phone.waits_only";
  return h(
    "section",
    { class: "card stands in" },
    h("p", { class: "stands-word" }, t("console.phone.in", { site: window.site })),
    h("p", {}, t("console.phone.times", times)),
    h("p", { class: waits ? "note" : "soft" }, t(waits ? word : "console.phone.counts")),
    big(t("console.phone.out"), out, "primary"),
  );
}

/** Today's stretches of the roster. A day off has no hours that anybody would read. */
export function roster(t, state) {
  const rows = state.today.map((each) => {
    const off = each.kind === "off";
    const hours = `${time(each.starts_at, state.at)}–${time(each.ends_at, state.at)}`;
    return h(
      "li",
      {},
      h("strong", {}, off ? each.shift : hours),
      h("span", {}, [...(off ? [] : [each.shift]), each.department, each.site].join(" · ")),
      each.kind === "on_call" ? h("span", { class: "state" }, t("console.phone.kind.on_call")) : null,
    );
  });
  const none = h("p", { class: "note" }, t("console.phone.no_shift"));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("console.phone.today")),
    rows.length ? h("ul", { class: "stretches" }, rows) : none,
  );
}

/**
 * The way in: outside the shift each reason is one touch. `asks` says that a reason is needed,
 * `face` that a face may be taken too, which the person may leave out.
 */
export function wayIn(t, state, siteCode, asks, { enter, scan }, face) {
  const off = asks || state.shift === "off" || state.shift === "unscheduled";
  const site = siteField(t, scan, siteCode);
  const box = h("input", { type: "checkbox", id: "with-face", checked: face });
  const choice = face && h("label", { class: "choice" }, box, h("span", {}, t("console.phone.face.with")));
  const send = (reason) => enter(site.input.value, reason, face && box.checked);
  const inside = off
    ? [
        h("h3", {}, t("console.phone.why_now")),
        h("div", { class: "reasons" }, REASONS.map((each) =>
          big(t(`console.phone.reason.${each}`), () => send(each)))),
      ]
    : [big(t("console.phone.enter"), () => send(null), "primary")];
  const asked = h("p", { class: "hint" }, t("console.phone.position"));
  const parts = h("div", { class: "form" }, site.element, asked, choice, ...inside);
  if (!state.window) {
    const title = h("h2", {}, t("console.phone.enter"));
    return h("section", { class: "card entry" }, title, parts);
  }
  const summary = h("summary", {}, t("console.phone.move"));
  return h("details", { class: "card entry", open: siteCode !== "" }, summary, parts);
}

/** 补签: a forgotten check-out, with the end of that day's shift filled in. */
export function forgotten(t, state, { sayOut }) {
  const { since, site, suggested, ended_at: ended } = state.forgotten;
  const key = isYesterday(since, state.at) ? "console.phone.forgot_yesterday" : "console.phone.forgot";
  const left = field("left-at", t("console.phone.left_at"), "", {
    type: "datetime-local",
    value: forField(suggested),
    min: forField(since),
    max: forField(ended),
  });
  return h(
    "section",
    { class: "card forgot" },
    h("h2", {}, t(key)),
    h("p", {}, t("console.phone.forgot.text", { site, since: time(since, state.at) })),
    form([left.element, big(t("console.phone.say_out"), null)], () => sayOut(left.input.value)),
  );
}

/** A question in front of everything; resolves to whether the person agrees. */
export function question(text, yes, no) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "card" }, h("p", { id: "question" }, text));
    dialog.setAttribute("aria-labelledby", "question");
    const answer = (said) => () => dialog.close(said);
    dialog.append(big(yes, answer("yes"), "primary"), big(no, answer("no")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** The camera's picture with a way out, while `work(video, signal)` looks; what that found. */
export async function viewfinder(t, work) {
  const stop = new AbortController();
  const video = h("video", { muted: true, playsInline: true });
  const dialog = h("dialog", { class: "card", "aria-label": t("console.phone.scan") }, video);
  dialog.append(big(t("console.phone.cancel"), () => dialog.close()));
  dialog.addEventListener("close", () => stop.abort());
  document.body.append(dialog);
  dialog.showModal();
  try {
    return await work(video, stop.signal);
  } finally {
    dialog.close();
    dialog.remove();
  }
}

/** The site's code, typed or scanned. */
export function siteField(t, scan, value = "", id = "site-code") {
  const made = field(id, t("console.phone.site_code"), t("console.phone.site_code.hint"), {
    value,
    maxLength: 200,
    autocapitalize: "characters",
    class: "digits",
  });
  const fill = async () => {
    made.input.value = (await scan()) ?? made.input.value;
  };
  if (canScan()) made.element.append(big(t("console.phone.scan"), fill, "quiet"));
  return made;
}

function field(id, label, hint, props) {
  const described = hint ? `${id}-hint` : null;
  const said = { autocomplete: "off", spellcheck: false, "aria-describedby": described };
  const input = h("input", { id, ...said, ...props });
  const words = hint ? h("p", { class: "hint", id: described }, hint) : null;
  const element = h("div", { class: "field" }, h("label", { htmlFor: id }, label), words, input);
  return { element, input };
}

function form(parts, send) {
  const submit = (event) => {
    event.preventDefault();
    send();
  };
  return h("form", { class: "form", on: { submit } }, parts);
}

/** A button; without `act` it sends its form. */
function big(word, act, kind = "") {
  const on = act ? { click: act } : {};
  return h("button", { class: `button big ${kind}`, type: act ? "button" : "submit", on }, word);
}
