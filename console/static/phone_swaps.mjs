// 换班 and 替班: what waits for an answer, and asking a colleague of the department.

import { h } from "../../web/dom.mjs";

/** All of it, folded away unless somebody waits for an answer. `swaps` is as the verifier says it. */
export function swapping(t, swaps, { ask, answer }) {
  const waiting = swaps.requests.map((each) => request(t, swaps, each, answer));
  const parts = [
    waiting.length > 0 && h("ul", { class: "swaps" }, waiting),
    swaps.own.length > 0 ? asking(t, swaps, ask) : h("p", { class: "note" }, t("console.phone.swap.none")),
  ];
  const open = swaps.requests.some((each) => !each.mine);
  const summary = h("summary", {}, t("console.phone.swap"));
  return h("details", { class: "card entry", open }, summary, h("div", { class: "form" }, parts));
}

function request(t, swaps, { id, mine, accepter, given, taken }, answer) {
  const values = {
    who: name(swaps, mine ? accepter : given.who),
    given: words(given),
    taken: taken ? words(taken) : "",
  };
  const kind = `${mine ? "asked" : "asks"}_${taken ? "swap" : "substitute"}`;
  const acts = mine ? ["withdraw"] : ["accept", "decline"];
  return h(
    "li",
    {},
    h("p", {}, t(`console.phone.swap.${kind}`, values)),
    h("div", { class: "reasons" }, acts.map((each) =>
      button(t(`console.phone.swap.${each}`), () => answer(id, each), each === "accept" ? "primary" : ""))),
  );
}

function asking(t, swaps, ask) {
  const mine = choice("swap-own", t("console.phone.swap.own"), swaps.own.map(words));
  const colleagues = [...swaps.theirs.map((each) => each.who), ...others(swaps)];
  const offers = [
    ...swaps.theirs.map((each) => ({ accepter: each.who, taken: each })),
    ...[...new Set(colleagues)].map((who) => ({ accepter: who, taken: null })),
  ];
  if (offers.length === 0) return h("p", { class: "note" }, t("console.phone.swap.nobody"));
  const texts = offers.map(({ accepter, taken }) => {
    const values = { who: name(swaps, accepter), taken: taken ? words(taken) : "" };
    return t(taken ? "console.phone.swap.for" : "console.phone.swap.for_nothing", values);
  });
  const theirs = choice("swap-theirs", t("console.phone.swap.with"), texts);
  const send = () =>
    ask({ given: swaps.own[mine.select.selectedIndex], ...offers[theirs.select.selectedIndex] });
  return [mine.element, theirs.element, button(t("console.phone.swap.ask"), send)];
}

const others = (swaps) => Object.keys(swaps.names).filter((who) => who !== swaps.own[0].who);

const name = (swaps, who) => swaps.names[who] ?? who;

const words = ({ day, shift }) => `${day.slice(5)} ${shift}`;

function choice(id, label, texts) {
  const select = h("select", { id }, texts.map((text) => h("option", {}, text)));
  return { select, element: h("div", { class: "field" }, h("label", { htmlFor: id }, label), select) };
}

function button(word, act, kind = "") {
  return h("button", { class: `button big ${kind}`, type: "button", on: { click: act } }, word);
}
