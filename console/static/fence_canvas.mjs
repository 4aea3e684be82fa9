// The plan as SVG: metres around the site's point, north up. Pointers and arrow keys move handles.

const SVG = "http://www.w3.org/2000/svg";
const HANDLE_PX = 9;
const HIT_PX = 22;
const LEAST_M = 60;
const TAP_PX = 6;

export const isMark = (figure) => figure.kind === "door" || figure.kind === "terminal";

function make(name, attributes = {}, ...inside) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...inside);
  return node;
}

function bounds(figures) {
  const box = { west: 0, east: 0, south: 0, north: 0 };
  for (const figure of figures)
    for (const ring of figure.rings)
      for (const [east, north] of ring) {
        const around = figure.kind === "circle" ? figure.radius_m || 0 : 0;
        box.west = Math.min(box.west, east - around);
        box.east = Math.max(box.east, east + around);
        box.south = Math.min(box.south, north - around);
        box.north = Math.max(box.north, north + around);
      }
  return box;
}

/** The longest of 1, 2 or 5 times a power of ten metres that is no longer than this. */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [5, 2, 1].map((step) => step * power).find((length) => length <= most) ?? power;
}

export class Canvas {
  /** `on` has: draft(), selected(), mode(), t, select(n), move(n, ring, corner, spot), settle(),
   * tapped(spot), grown(n, metres), removed(n, ring, corner), added(n, ring, corner) */
  constructor(svg, on) {
    this.svg = svg;
    this.on = on;
    this.view = { x: 0, y: 0, width: 100 };
    this.sketch = null;
    this.trouble = null;
    this.tried = null;
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.drag(event));
    svg.addEventListener("pointerup", (event) => this.release(event));
    svg.addEventListener("pointercancel", () => (this.held = null));
    svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(svg);
  }

  get height() {
    const box = this.svg.getBoundingClientRect();
    return box.width ? (this.view.width * box.height) / box.width : this.view.width;
  }

  /** Metres of one pixel. */
  get unit() {
    return this.view.width / (this.svg.getBoundingClientRect().width || 1);
  }

  fit() {
    const box = bounds(this.on.draft().figures);
    const shown = this.svg.getBoundingClientRect();
    const shape = shown.width / (shown.height || 1);
    const wide = Math.max(LEAST_M, box.east - box.west, (box.north - box.south) * shape) * 1.3;
    this.view = { x: (box.west + box.east) / 2, y: -(box.south + box.north) / 2, width: wide };
    this.draw();
  }

  zoom(by) {
    this.view.width = Math.min(200_000, Math.max(5, this.view.width * by));
    this.draw();
  }

  middle() {
    return [this.view.x, -this.view.y];
  }

  spot(event) {
    const box = this.svg.getBoundingClientRect();
    const x = this.view.x + (event.clientX - box.left - box.width / 2) * this.unit;
    const y = this.view.y + (event.clientY - box.top - box.height / 2) * this.unit;
    return [x, -y];
  }

  press(event) {
    if (event.button > 0) return;
    const handle = event.target.closest(".handle");
    const figure = event.target.closest("[data-figure]");
    this.held = { event, at: this.spot(event), view: { ...this.view }, moved: false };
    this.svg.setPointerCapture(event.pointerId);
    if (this.on.mode() !== "choose") return;
    if (handle) this.held.handle = { ...handle.dataset };
    else if (figure) this.held.figure = Number(figure.dataset.figure);
  }

  drag(event) {
    const held = this.held;
    if (!held) return;
    const away = Math.hypot(event.clientX - held.event.clientX, event.clientY - held.event.clientY);
    if (!held.moved && away < TAP_PX) return;
    held.moved = true;
    const spot = this.spot(event);
    if (held.handle) this.pull(held.handle, spot);
    else if (this.on.mode() === "circle") {
      const metres = Math.hypot(spot[0] - held.at[0], spot[1] - held.at[1]);
      this.sketch = { kind: "circle", rings: [[held.at]], radius_m: metres };
    } else {
      this.view.x = held.view.x - (event.clientX - held.event.clientX) * this.unit;
      this.view.y = held.view.y - (event.clientY - held.event.clientY) * this.unit;
    }
    this.draw();
  }

  release(event) {
    const held = this.held;
    this.held = null;
    if (!held) return;
    if (held.moved) {
      if (held.handle) this.on.settle();
      else if (this.sketch?.kind === "circle" && this.on.mode() === "circle") {
        const made = this.sketch;
        this.sketch = null;
        this.on.circled(made.rings[0][0], made.radius_m);
      }
    } else if (this.on.mode() !== "choose") this.on.tapped(this.spot(event));
    else if (held.handle) {
      this.focus(held.handle);
    } else this.on.select(held.figure ?? -1);
  }

  pull({ number, ring, corner }, spot) {
    if (corner === "edge") {
      const [east, north] = this.on.draft().figures[number].rings[0][0];
      this.on.grown(Number(number), Math.hypot(spot[0] - east, spot[1] - north));
    } else this.on.move(Number(number), Number(ring), Number(corner), spot);
  }

  key(event) {
    const handle = event.target.closest?.(".handle");
    if (!handle) return;
    const { number, ring, corner } = handle.dataset;
    const step = event.shiftKey ? 10 : event.altKey ? 0.1 : 1;
    const ways = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    const way = ways[event.key];
    if (way) {
      const figure = this.on.draft().figures[number];
      if (corner === "edge") this.on.grown(Number(number), figure.radius_m + (way[0] + way[1]) * step);
      else {
        const [east, north] = figure.rings[ring][corner];
        this.on.move(Number(number), Number(ring), Number(corner), [
          east + way[0] * step,
          north + way[1] * step,
        ]);
      }
      this.on.settle();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.on.removed(Number(number), Number(ring), Number(corner));
    } else if (event.key === "Enter" || event.key === "Insert") {
      this.on.added(Number(number), Number(ring), Number(corner));
    } else return;
    event.preventDefault();
    this.focus({ number, ring, corner });
  }

  focus({ number, ring, corner }) {
    const at = `[data-number="${number}"][data-ring="${ring}"]`;
    const found = this.svg.querySelector(`.handle${at}[data-corner="${corner}"]`);
    (found ?? this.svg.querySelector(`.handle${at}`))?.focus({ preventScroll: true });
  }

  draw() {
    const held = document.activeElement?.closest?.(".handle")?.dataset;
    const [width, height] = [this.view.width, this.height];
    this.svg.setAttribute(
      "viewBox",
      `${this.view.x - width / 2} ${this.view.y - height / 2} ${width} ${height}`,
    );
    const figures = this.on.draft().figures;
    const parts = figures.map((figure, number) => this.figure(figure, number));
    parts.push(this.site(), ...this.handles());
    if (this.sketch) parts.push(this.sketched());
    if (this.tried) parts.push(this.cross(this.tried, "tried"));
    if (this.trouble) parts.push(this.cross(this.trouble, "trouble-spot"));
    parts.push(...this.bar(width, height));
    this.svg.replaceChildren(...parts);
    if (held) this.focus(held);
  }

  path(figure) {
    if (figure.kind === "circle") {
      const [[east, north]] = figure.rings[0] ? [figure.rings[0][0]] : [[0, 0]];
      const r = figure.radius_m || 0;
      return `M${east - r} ${-north}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    }
    return figure.rings
      .filter((ring) => ring.length)
      .map((ring) => `M${ring.map(([east, north]) => `${east} ${-north}`).join("L")}Z`)
      .join("");
  }

  figure(figure, number) {
    const chosen = number === this.on.selected() ? " chosen" : "";
    const wrong = number === this.wrong ? " wrong" : "";
    const said = { "data-figure": number };
    if (isMark(figure)) {
      const [east, north] = figure.rings[0][0];
      const s = 7 * this.unit;
      const shape =
        figure.kind === "door"
          ? make("path", { d: `M${east - s} ${-north + s}v${-2 * s}h${2 * s}v${2 * s}Z` })
          : make("path", { d: `M${east} ${-north - s}l${s} ${s}l${-s} ${s}l${-s} ${-s}Z` });
      return make(
        "g",
        { ...said, class: `mark-${figure.kind}${chosen}` },
        shape,
        this.label(figure.name, east + 1.6 * s, -north + 0.6 * s),
      );
    }
    return make("path", {
      ...said,
      class: `fence${chosen}${wrong}`,
      "fill-rule": "evenodd",
      d: this.path(figure),
    });
  }

  site() {
    const r = 5 * this.unit;
    return make(
      "g",
      { class: "spot" },
      make("circle", { cx: 0, cy: 0, r }),
      this.label(this.on.t("console.fence.js.site"), 2 * r, -1.4 * r),
    );
  }

  label(text, x, y) {
    const node = make("text", { x, y, "font-size": 13 * this.unit });
    node.textContent = text;
    return node;
  }

  handles() {
    const number = this.on.selected();
    const figure = this.on.draft().figures[number];
    if (!figure || !this.on.draws) return [];
    const found = figure.rings.flatMap((ring, at) =>
      ring.map((spot, corner) => this.handle(spot, number, at, corner, figure)),
    );
    if (figure.kind === "circle") {
      const [east, north] = figure.rings[0][0];
      found.push(this.handle([east + figure.radius_m, north], number, 0, "edge", figure));
    }
    return found;
  }

  handle([east, north], number, ring, corner, figure) {
    const metres = (value) => value.toFixed(1);
    const words = { name: figure.name, east: metres(east), north: metres(north) };
    const label =
      corner === "edge"
        ? this.on.t("console.fence.js.radius_handle", { metres: metres(figure.radius_m) })
        : this.on.t("console.fence.js.handle", { ...words, number: corner + 1 });
    return make(
      "g",
      {
        class: "handle",
        tabindex: 0,
        role: "button",
        "aria-label": label,
        "data-number": number,
        "data-ring": ring,
        "data-corner": corner,
      },
      make("circle", { class: "hit", cx: east, cy: -north, r: HIT_PX * this.unit }),
      make("circle", { class: "dot", cx: east, cy: -north, r: HANDLE_PX * this.unit }),
    );
  }

  sketched() {
    if (this.sketch.kind === "circle") return make("path", { class: "sketch", d: this.path(this.sketch) });
    const ring = this.sketch.rings[0];
    const dots = ring.map(([east, north]) =>
      make("circle", { class: "sketch-dot", cx: east, cy: -north, r: 6 * this.unit }),
    );
    const points = ring.map(([east, north]) => `${east},${-north}`).join(" ");
    return make("g", {}, make("polyline", { class: "sketch", points }), ...dots);
  }

  cross([east, north], kind) {
    const s = 9 * this.unit;
    const d = `M${east - s} ${-north - s}l${2 * s} ${2 * s}m0 ${-2 * s}l${-2 * s} ${2 * s}`;
    return make("path", { class: kind, d });
  }

  bar(width, height) {
    const [left, low] = [this.view.x - width / 2, this.view.y + height / 2];
    const metres = roundLength(width / 4);
    const u = this.unit;
    const [x, y] = [left + 16 * u, low - 20 * u];
    const words = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
    const [nx, ny] = [left + width - 24 * u, this.view.y - height / 2 + 40 * u];
    return [
      make("path", { class: "bar", d: `M${x} ${y}v${6 * u}h${metres}v${-6 * u}` }),
      this.label(words, x + metres + 8 * u, y + 8 * u),
      make("path", {
        class: "bar",
        d: `M${nx} ${ny}v${-24 * u}m${-6 * u} ${8 * u}l${6 * u} ${-8 * u}l${6 * u} ${8 * u}`,
      }),
      this.label(this.on.t("console.fence.js.north_arrow"), nx - 6 * u, ny + 15 * u),
    ];
  }
}
