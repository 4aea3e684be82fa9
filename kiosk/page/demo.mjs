// The demo's own bar: plainly not the kiosk's. It moves simulated cards and people, nothing else.

import { h } from "/web/dom.mjs";

/** Shows itself with the first `demo` message; a terminal without a demo never gets one. */
export function demoBar(root, send) {
  let state = null;
  let chosen = null;
  let credential = null;
  let language = null;
  let paper = false;
  let t = (key) => key;

  const pick = (id) => {
    chosen = id;
    draw();
  };

  const take = (name) => {
    credential = name;
    draw();
  };

  function draw() {
    root.hidden = state === null;
    if (state === null) return;
    chosen ??= state.people[0]?.id ?? null;
    credential ??= state.credentials[0] ?? null;
    const focused = document.activeElement?.dataset?.key;
    root.setAttribute("aria-label", t("demo.title"));
    root.replaceChildren(
      h("p", { class: "demo-title" }, h("strong", {}, t("demo.title")), h("span", {}, t("demo.text"))),
      h("div", { class: "demo-people", role: "group", "aria-label": t("demo.people") }, state.people.map(person)),
      h("div", { class: "demo-credentials", role: "group", "aria-label": t("demo.credential") }, state.credentials.map(kind)),
      h("div", { class: "demo-moves" }, moves()),
      ...(state.slips > 0 && paper ? [printed()] : []),
    );
    if (focused?.startsWith("demo-")) root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function person({ id, label, enrolled }) {
    const note = enrolled ? t("demo.enrolled") : t("demo.not_enrolled");
    const marks = [state.card === id ? "▭" : "", state.standing === id ? "☻" : ""].join("");
    return button(`demo-${id}`, () => pick(id), h("b", {}, label, marks && ` ${marks}`), h("small", {}, note), id === chosen);
  }

  function kind(name) {
    const mark = state.credential === name && state.card !== null ? "\u00a0▭" : "";
    return button(`demo-kind-${name}`, () => take(name), `${t(`demo.credential.${name}`)}${mark}`, null, name === credential);
  }

  function unfold(shown) {
    paper = shown;
    draw();
    root.querySelector(`[data-key="${shown ? "demo-fold" : "demo-slip"}"]`)?.focus();
  }

  /** What the simulated printer printed last, over the page until it is laid aside. */
  function printed() {
    const props = { class: "demo-paper", role: "dialog", "aria-label": t("demo.slip") };
    const keys = { keydown: (event) => event.key === "Escape" && unfold(false) };
    return h(
      "div",
      { ...props, on: keys },
      h("img", { src: `/demo/slip.png?n=${state.slips}`, alt: t("demo.slip_alt") }),
      button("demo-fold", () => unfold(false), t("demo.fold"), null, false),
    );
  }

  function moves() {
    const lies = state.card !== null;
    const stands = state.standing !== null;
    return [
      button("demo-card", () => send({ type: "demo.card", person: lies ? null : chosen, credential }), t(lies ? "demo.remove" : "demo.present"), null, lies),
      button("demo-stand", () => send({ type: "demo.stand", person: stands ? null : chosen }), t(stands ? "demo.leave" : "demo.stand"), null, stands),
      state.slips > 0 ? button("demo-slip", () => unfold(!paper), t("demo.slip"), null, paper) : null,
    ].filter(Boolean);
  }

  function button(key, onClick, words, note, pressed) {
    const props = { type: "button", data: { key }, on: { click: onClick }, "aria-pressed": String(pressed) };
    return h("button", props, words, note);
  }

  return {
    show(message) {
      state = message;
      draw();
    },
    language(name, translate) {
      if (name === language) return;
      [language, t] = [name, translate];
      draw();
    },
  };
}
