// What the screens are built of.

import { h } from "/web/dom.mjs";
import { icon } from "/web/pictures.mjs";

/** What is said, and what can be done about it. */
export function layout(name, said, done) {
  return h("div", { class: `screen screen-${name}` }, h("div", { class: "say" }, said), h("div", { class: "act" }, done));
}

export const title = (text, classes = "") => h("h1", { tabIndex: -1, class: classes }, text);
export const lead = (text) => h("p", { class: "lead" }, text);
export const aside = (text) => h("p", { class: "aside" }, text);

/** A round sign above the words. */
export const badge = (name, tone) => h("div", { class: `badge badge-${tone}` }, icon(name));

/** Three dots, and what is waited for. */
export function waiting(name, t, more = [], titled = `${name}.title`) {
  const dots = h("div", { class: "dots", "aria-hidden": true }, h("i"), h("i"), h("i"));
  return { node: layout(name, [dots, title(t(titled)), lead(t(`${name}.text`)), ...more], []) };
}
