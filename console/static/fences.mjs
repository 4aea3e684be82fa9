// The drawing table: what is drawn, a step back, and the verifier's word on it before it is saved.
//
// Here are metres only. Degrees and datums are the verifier's: it brings forward and never back.

import { Canvas, isMark } from "./fence_canvas.mjs";
import { fields, list } from "./fence_table.mjs";
import { loadCatalogues, translator } from "/web/i18n.mjs";

const CHECK_MS = 400;
const MOST_STEPS = 200;
const root = document.querySelector("#table");
const at = root.dataset.at;
const draws = root.dataset.draws === "yes";
const kept = `fence ${at} ${root.dataset.base}`;
const language = document.documentElement.lang === "en" ? "en" : "zh";
await loadCatalogues([language], ["console_fence"]);
const t = translator(language);
const find = (id) => document.querySelector(`#${id}`);

let draft = JSON.parse(root.dataset.start);
let settled = JSON.stringify(draft);
const first = settled;
let selected = -1;
let mode = "choose";
let corners = [];
let past = [];
let future = [];
let asked = 0;
let timer;

const round = ([east, north]) => [Math.round(east * 100) / 100, Math.round(north * 100) / 100];

/** A figure that is changed is of the plan's datum from now on. */
function touch(number) {
  const figure = draft.figures[number];
  figure.given = null;
  figure.datum = draft.datum;
  return figure;
}

const on = {
  t,
  draws,
  draft: () => draft,
  selected: () => selected,
  mode: () => mode,
  degrees: (number, ring, corner) => corners[number]?.[ring]?.[corner],
  select(number) {
    selected = number;
    show();
  },
  move(number, ring, corner, spot) {
    touch(number).rings[ring][corner] = round(spot);
    corners = [];
    canvas.draw();
  },
  grown(number, metres) {
    touch(number).radius_m = Math.max(1, Math.round(metres * 10) / 10);
    canvas.draw();
  },
  settle,
  removed(number, ring, corner) {
    const figure = draft.figures[number];
    if (figure.kind !== "polygon") return on.removeFigure(number);
    if (figure.rings[ring].length <= 3) return tell(t("console.fence.js.least"));
    touch(number).rings[ring].splice(corner, 1);
    settle();
  },
  added(number, ring, corner) {
    const figure = draft.figures[number];
    if (figure.kind !== "polygon") return;
    const [one, next] = [figure.rings[ring][corner], figure.rings[ring][(corner + 1) % figure.rings[ring].length]];
    const between = [(one[0] + next[0]) / 2, (one[1] + next[1]) / 2];
    touch(number).rings[ring].splice(corner + 1, 0, round(between));
    settle();
  },
  removeRing(number, ring) {
    touch(number).rings.splice(ring, 1);
    settle();
  },
  removeFigure(number) {
    draft.figures.splice(number, 1);
    selected = -1;
    settle();
  },
  rename(number, name) {
    const figure = draft.figures[number];
    figure.name = name.trim();
    if (figure.given) figure.given.properties = { ...figure.given.properties, name: figure.name };
    settle();
  },
  tapped(spot) {
    if (mode === "circle") return on.circled(spot, 30);
    if (mode === "door" || mode === "terminal") return put({ kind: mode, rings: [[round(spot)]] });
    const ring = canvas.sketch?.rings[0] ?? [];
    const near = ring.length > 2 && Math.hypot(ring[0][0] - spot[0], ring[0][1] - spot[1]) < 22 * canvas.unit;
    if (near) return finish();
    canvas.sketch = { kind: "polygon", rings: [[...ring, round(spot)]] };
    canvas.draw();
  },
  circled(centre, metres) {
    put({ kind: "circle", rings: [[round(centre)]], radius_m: Math.max(1, Math.round(metres * 10) / 10) });
  },
};
const canvas = new Canvas(find("plan"), on);

function put(figure) {
  const word = { polygon: "polygon", circle: "circle", door: "door", terminal: "terminal" }[figure.kind];
  const base = t({
    polygon: "console.fence.js.polygon",
    circle: "console.fence.js.circle",
    door: "console.fence.js.door",
    terminal: "console.fence.js.terminal",
  }[word]);
  const names = new Set(draft.figures.map((each) => each.name));
  let number = 1;
  while (names.has(`${base} ${number}`)) number += 1;
  const made = { radius_m: null, given: null, ...figure, name: `${base} ${number}`, datum: draft.datum };
  draft.figures.push(made);
  selected = draft.figures.length - 1;
  setMode("choose");
  settle();
}

/** The ring that is being drawn becomes a polygon, or a hole of the chosen one. */
function finish() {
  const ring = canvas.sketch?.rings[0] ?? [];
  if (ring.length < 3) return tell(t("console.fence.js.least"));
  canvas.sketch = null;
  if (mode !== "hole") return put({ kind: "polygon", rings: [ring] });
  touch(selected).rings.push(ring);
  setMode("choose");
  settle();
}

/** Without a pointer: the figure stands in the middle of what is shown, to be moved from there. */
function middle() {
  const [east, north] = canvas.middle();
  const side = canvas.view.width / 10;
  if (mode === "polygon" || mode === "hole") {
    const s = mode === "hole" ? side / 3 : side;
    const [x, y] = mode === "hole" ? inside() : [east, north];
    canvas.sketch = {
      kind: "polygon",
      rings: [[[x - s, y - s], [x + s, y - s], [x + s, y + s], [x - s, y + s]].map(round)],
    };
    finish();
  } else if (mode === "circle") on.circled([east, north], side);
  else if (mode !== "choose") on.tapped([east, north]);
}

function inside() {
  const ring = draft.figures[selected].rings[0];
  return [0, 1].map((axis) => ring.reduce((sum, spot) => sum + spot[axis], 0) / ring.length);
}

function setMode(wanted) {
  if (wanted === "hole" && draft.figures[selected]?.kind !== "polygon") {
    tell(t("console.fence.js.pick_first"));
    wanted = "choose";
  } else tell(HINTS[wanted] ? t(HINTS[wanted]) : "");
  mode = wanted;
  canvas.sketch = null;
  root.dataset.mode = mode;
  for (const button of root.querySelectorAll("[data-mode]"))
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  for (const id of ["middle", "finish", "give-up"]) if (find(id)) find(id).hidden = mode === "choose";
  if (find("finish")) find("finish").hidden = mode !== "polygon" && mode !== "hole";
  canvas.draw();
}

const HINTS = {
  polygon: "console.fence.js.draw_polygon",
  hole: "console.fence.js.draw_hole",
  circle: "console.fence.js.draw_circle",
  door: "console.fence.js.draw_mark",
  terminal: "console.fence.js.draw_mark",
};

function tell(text) {
  const box = find("told");
  if (box.textContent !== text) box.textContent = text;
}

/** What was drawn counts as one step. */
function settle() {
  const now = JSON.stringify(draft);
  if (now !== settled) {
    past = [...past, settled].slice(-MOST_STEPS);
    future = [];
    settled = now;
  }
  show();
  ask();
}

function step(from, to) {
  if (!from.length) return;
  to.push(settled);
  settled = from.pop();
  draft = JSON.parse(settled);
  if (selected >= draft.figures.length) selected = -1;
  show();
  ask();
}

function show() {
  if (!draft.figures[selected]) selected = -1;
  canvas.draw();
  list(find("figures"), on);
  if (!draws) return;
  fields(find("fields"), on);
  find("undo").disabled = !past.length;
  find("redo").disabled = !future.length;
  find("save").disabled = settled === first;
  find("datum-now").textContent = t(DATUMS[draft.datum]);
}

const DATUMS = {
  wgs84: "console.fence.datum.wgs84",
  gcj02: "console.fence.datum.gcj02",
  bd09: "console.fence.datum.bd09",
};

function form(more = {}) {
  const data = new FormData();
  data.append("form_token", root.dataset.token);
  data.append("base", root.dataset.base);
  data.append("draft", new Blob([JSON.stringify(draft)], { type: "application/json" }), "draft.json");
  for (const [key, value] of Object.entries(more)) data.append(key, value);
  return data;
}

/** The answer, or null where there is trouble, which is told. */
async function call(what, more) {
  let answer;
  try {
    answer = await fetch(`${at}/${what}`, { method: "POST", body: form(more), cache: "no-store" });
  } catch {
    tell(t("console.fence.js.offline"));
    return null;
  }
  if (answer.redirected) {
    sessionStorage.setItem(kept, settled);
    location.assign(answer.url);
    return null;
  }
  if (!(answer.headers.get("content-type") ?? "").includes("json")) {
    tell(t("console.fence.js.offline"));
    return null;
  }
  const said = await answer.json();
  if (said.trouble) trouble(said.trouble);
  return said.trouble ? null : said;
}

function trouble(said) {
  canvas.wrong = said?.figure ?? -1;
  canvas.trouble = said?.spot ?? null;
  find("trouble").textContent = said?.text ?? "";
  find("trouble").hidden = !said;
  canvas.draw();
}

function ask() {
  if (!draws) return;
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_MS);
}

async function check() {
  const mine = ++asked;
  const said = await call("checked");
  if (mine !== asked || !said) return;
  trouble(null);
  corners = said.corners;
  fields(find("fields"), on);
  changes(said);
}

function changes(said) {
  const lines = said.changes
    .filter((one) => one.became !== "same")
    .map((one) => {
      const item = document.createElement("li");
      const area = (square) => (square === null ? "" : t("console.fence.js.area", { count: square }));
      const sizes = [area(one.before_m2), area(one.after_m2)].filter(Boolean).join(" → ");
      const said = { what: t(BECAME[one.became]), name: one.name, sizes };
      item.textContent = t(sizes ? "console.fence.js.line_sized" : "console.fence.js.line", said);
      return item;
    });
  if (said.standing.after !== "inside" && said.standing.before !== said.standing.after) {
    const item = document.createElement("li");
    item.className = "care-line";
    item.textContent = t("console.fence.js.terminals_out");
    lines.unshift(item);
  }
  if (!lines.length) {
    const item = document.createElement("li");
    item.textContent = t("console.fence.js.no_change");
    lines.push(item);
  }
  find("changes").replaceChildren(...lines);
}

const BECAME = {
  added: "console.fence.js.added",
  changed: "console.fence.js.changed",
  removed: "console.fence.js.removed",
};
const ANSWERS = {
  inside: "console.fence.js.inside",
  outside: "console.fence.js.outside",
  uncertain: "console.fence.js.uncertain",
};

find("try").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = await call("tried", Object.fromEntries(new FormData(event.target)));
  if (!said) return;
  const away = { metres: Math.abs(said.distance_m).toFixed(1) };
  const far = t(said.distance_m < 0 ? "console.fence.js.depth" : "console.fence.js.away", away);
  const frame = t("console.fence.js.measured", { datum: t(DATUMS[said.datum]) });
  const either = said.how === "either_datum" ? t("console.fence.js.either") : "";
  const hidden = said.spot ? "" : t("console.fence.js.not_shown");
  find("tried").textContent = [t(ANSWERS[said.answer]), far, frame, either, hidden].filter(Boolean).join(" ");
  find("tried").className = `answer answer-${said.answer}`;
  canvas.tried = said.spot;
  canvas.draw();
});

if (draws) {
  for (const button of root.querySelectorAll("[data-mode]"))
    button.addEventListener("click", () => setMode(button.dataset.mode));
  find("undo").addEventListener("click", () => step(past, future));
  find("redo").addEventListener("click", () => step(future, past));
  find("middle").addEventListener("click", middle);
  find("finish").addEventListener("click", finish);
  find("give-up").addEventListener("click", () => setMode("choose"));
  find("import").addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = await call("read", Object.fromEntries(new FormData(event.target)));
    if (!said) return;
    draft = said.draft;
    selected = draft.figures.length - 1;
    settle();
    canvas.fit();
    tell(t("console.fence.js.read", { count: said.count }));
  });
  find("save").addEventListener("click", async () => {
    if (await call("saved")) {
      sessionStorage.removeItem(kept);
      past = future = [];
      leaving = true;
      location.reload();
    }
  });
  addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea")) return;
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (undo) {
      event.preventDefault();
      if (event.shiftKey) step(future, past);
      else step(past, future);
    } else if (event.key === "Escape") setMode("choose");
  });
}
let leaving = false;
addEventListener("beforeunload", () => {
  if (!leaving && settled !== first) sessionStorage.setItem(kept, settled);
});

const before = draws && sessionStorage.getItem(kept);
if (before && before !== settled) {
  past = [settled];
  settled = before;
  draft = JSON.parse(before);
  tell(t("console.fence.js.kept"));
}
find("fit").addEventListener("click", () => canvas.fit());
find("closer").addEventListener("click", () => canvas.zoom(0.7));
find("wider").addEventListener("click", () => canvas.zoom(1.4));
selected = draft.figures.findIndex((each) => !isMark(each));
root.hidden = false;
canvas.fit();
if (draws) setMode("choose");
if (before && before !== first) tell(t("console.fence.js.kept"));
show();
if (draws) check();
