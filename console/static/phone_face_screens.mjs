// What the phone shows about a face: the consent, the camera, and taking the consent back.

import { h } from "../../web/dom.mjs";

/** The consent, or the way out of it; null where no face is taken here. */
export function faceCard(t, face, { agree, disagree }) {
  if (!face) return null;
  return face.agreed ? agreed(t, disagree) : asked(t, agree);
}

function asked(t, agree) {
  const points = ["what", "where", "kept", "other"].map((each) =>
    h("li", {}, t(`console.phone.face.notice.${each}`)));
  return h(
    "details",
    { class: "card face" },
    h("summary", {}, t("console.phone.face.offer")),
    h("h3", {}, t("console.phone.face.notice")),
    h("ul", { class: "points" }, points),
    button(t("console.phone.face.agree"), agree, "primary"),
    h("p", { class: "hint" }, t("console.phone.face.free")),
  );
}

function agreed(t, disagree) {
  return h(
    "details",
    { class: "card face" },
    h("summary", {}, t("console.phone.face.agreed")),
    h("p", { class: "note" }, t("console.phone.face.agreed.text")),
    button(t("console.phone.face.disagree"), disagree),
  );
}

/** The camera's picture with an oval, while `work(video, signal, hint)` takes; what that took. */
export async function mirror(t, work) {
  const stop = new AbortController();
  const video = h("video", { muted: true, playsInline: true });
  const word = h("p", { class: "guide", role: "status" }, t("console.phone.face.hint.start"));
  const dialog = h("dialog", { class: "card mirror", "aria-label": t("console.phone.face.title") });
  const cancel = button(t("console.phone.cancel"), () => dialog.close());
  dialog.append(h("div", { class: "glass" }, video, h("div", { class: "oval" })), word, cancel);
  dialog.addEventListener("close", () => stop.abort());
  document.body.append(dialog);
  dialog.showModal();
  try {
    return await work(video, stop.signal, hinting(t, word));
  } finally {
    dialog.close();
    dialog.remove();
  }
}

/** Said only where it changed, so that a screen reader is not flooded. */
function hinting(t, word) {
  let last = "";
  return (code) => {
    if (code !== last) word.textContent = t(`console.phone.face.hint.${code}`);
    last = code;
  };
}

const button = (word, act, kind = "") =>
  h("button", { class: `button big ${kind}`, type: "button", on: { click: act } }, word);
