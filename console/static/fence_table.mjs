// The chosen figure in numbers: its name, its corners in metres, and buttons for each.

import { isMark } from "./fence_canvas.mjs";

function node(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside.filter((each) => each !== null));
  return made;
}

const KINDS = {
  polygon: "console.fence.js.polygon",
  circle: "console.fence.js.circle",
  door: "console.fence.js.door",
  terminal: "console.fence.js.terminal",
};

/** The list of figures, each a button that chooses it. */
export function list(box, on) {
  const rows = on.draft().figures.map((figure, number) =>
    node(
      "li",
      {},
      node(
        "button",
        {
          type: "button",
          class: "button quiet",
          "aria-pressed": String(number === on.selected()),
          onclick: () => on.select(number),
        },
        node("strong", {}, figure.name || "—"),
        ` ${on.t(KINDS[figure.kind])}`,
      ),
    ),
  );
  box.replaceChildren(...(rows.length ? rows : [node("li", {}, on.t("console.fence.js.nothing"))]));
}

/** The chosen figure's fields; a field that is being typed in is left alone. */
export function fields(box, on) {
  const held = document.activeElement?.id;
  const number = on.selected();
  const figure = on.draft().figures[number];
  if (!figure) {
    box.replaceChildren(node("p", { class: "soft" }, on.t("console.fence.js.choose")));
    return;
  }
  const parts = [named(figure, number, on)];
  if (figure.kind === "circle") parts.push(radius(figure, number, on));
  figure.rings.forEach((ring, at) => parts.push(corners(figure, number, ring, at, on)));
  const away = { type: "button", class: "button care", onclick: () => on.removeFigure(number) };
  parts.push(node("p", {}, node("button", away, on.t("console.fence.js.remove_figure"))));
  box.replaceChildren(...parts);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

function named(figure, number, on) {
  const change = (event) => on.rename(number, event.target.value);
  return node(
    "div",
    { class: "field" },
    node("label", { for: "figure-name" }, on.t("console.fence.js.name")),
    node("input", {
      id: "figure-name",
      value: figure.name,
      maxlength: 200,
      onchange: change,
      list: isMark(figure) ? "terminal-names" : false,
    }),
  );
}

function radius(figure, number, on) {
  return node(
    "div",
    { class: "field" },
    node("label", { for: "figure-radius" }, on.t("console.fence.js.radius")),
    metres("figure-radius", figure.radius_m, (value) => {
      on.grown(number, value);
      on.settle();
    }),
  );
}

function metres(id, value, change, label) {
  return node("input", {
    id,
    type: "number",
    step: "any",
    inputmode: "decimal",
    value: Number(value.toFixed(3)),
    "aria-label": label ?? false,
    onchange: (event) => {
      const said = event.target.valueAsNumber;
      if (Number.isFinite(said)) change(said);
    },
  });
}

function corners(figure, number, ring, at, on) {
  const single = figure.kind !== "polygon";
  const title = single ? "" : on.t(at ? "console.fence.js.hole" : "console.fence.js.outer");
  const head = ["number", "east", "north"].map((word) =>
    node("th", { scope: "col" }, on.t(HEADS[word])),
  );
  const rows = ring.map((spot, corner) => row(figure, number, at, corner, spot, on, single));
  const drop = { type: "button", class: "button quiet", onclick: () => on.removeRing(number, at) };
  return node(
    "div",
    { class: "scrolls", tabindex: 0, role: "group", "aria-label": title || figure.name },
    node(
      "table",
      { class: "corners" },
      node("caption", {}, title || figure.name, at ? node("button", drop, on.t("console.fence.js.remove")) : null),
      node("thead", {}, node("tr", {}, ...head, single ? null : node("td"), node("th", { scope: "col" }, on.t(HEADS.degrees)))),
      node("tbody", {}, ...rows),
    ),
  );
}

const HEADS = {
  number: "console.fence.js.corner",
  east: "console.fence.js.east",
  north: "console.fence.js.north",
  degrees: "console.fence.js.degrees",
};

function row(figure, number, at, corner, [east, north], on, single) {
  const id = `corner-${at}-${corner}`;
  const said = { number: corner + 1 };
  const moved = (spot) => {
    on.move(number, at, corner, spot);
    on.settle();
  };
  const now = () => on.draft().figures[number].rings[at][corner];
  const degrees = on.degrees(number, at, corner);
  const act = (word, label, work) =>
    node("button", { type: "button", class: "button quiet small", "aria-label": label, onclick: work }, word);
  return node(
    "tr",
    {},
    node("th", { scope: "row" }, String(corner + 1)),
    node("td", {}, metres(`${id}-east`, east, (value) => moved([value, now()[1]]), `${on.t(HEADS.east)} ${corner + 1}`)),
    node("td", {}, metres(`${id}-north`, north, (value) => moved([now()[0], value]), `${on.t(HEADS.north)} ${corner + 1}`)),
    single
      ? null
      : node(
          "td",
          { class: "acts" },
          act("+", on.t("console.fence.js.after", said), () => on.added(number, at, corner)),
          act("−", on.t("console.fence.js.remove_corner", said), () => on.removed(number, at, corner)),
        ),
    node("td", { class: "degrees" }, degrees ? degrees.map((each) => each.toFixed(6)).join(", ") : "…"),
  );
}
