// Draws the charts from the session's data, which stands in the page as JSON. No library: the page
// is to be sent by mail from a Pi, and a chart library alone would be a hundred times its size.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const LEFT = 44, RIGHT = 8, TOP = 8, BOTTOM = 34;
const LEAST_SPAN_S = 10; // zooming in further shows single seconds, of which there are no parts

function make(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const two = (n) => String(Math.floor(n)).padStart(2, "0");
const clock = (s) => (s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` :
  `${Math.floor(s / 3600)}:${two((s % 3600) / 60)}:${two(s % 60)}`);

// A round step of an axis: about `count` of them over the span.
function step(span, count, steps) {
  return steps.find((one) => span / one <= count) ?? steps.at(-1);
}

class Chart {
  constructor(svg, label) {
    this.svg = svg;
    this.label = label;
    this.from = 0;
    this.to = data.length_s;
  }

  x(t) { return LEFT + ((t - this.from) / (this.to - this.from)) * (this.width - LEFT - RIGHT); }
  y(v) { return this.height - BOTTOM - ((v - this.low) / (this.high - this.low)) *
    (this.height - TOP - BOTTOM); }

  begin(low, high) {
    // As wide as it is shown, so that letters keep their size on a phone.
    this.width = Math.max(280, this.svg.parentNode.clientWidth || 900);
    this.height = this.svg.dataset.height ? Number(this.svg.dataset.height) : 300;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    [this.low, this.high] = [low, high];
    this.svg.querySelectorAll(":scope > :not(title):not(desc)").forEach((n) => n.remove());
    const clip = make("clipPath", { id: `${this.svg.id}-clip` }, make("defs", {}, this.svg));
    const inner = { x: LEFT, y: 0, width: this.width - LEFT - RIGHT, height: this.height - BOTTOM };
    make("rect", inner, clip);
    this.plot = make("g", { "clip-path": `url(#${this.svg.id}-clip)` }, this.svg);
  }

  axes(time) {
    const [bottom, right] = [this.height - BOTTOM, this.width - RIGHT];
    const up = step(this.high - this.low, 6, [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000]);
    for (let v = Math.ceil(this.low / up) * up; v <= this.high; v += up) {
      make("line", { class: "axis", x1: LEFT, x2: right, y1: this.y(v), y2: this.y(v) }, this.plot);
      const place = { x: LEFT - 6, y: this.y(v) + 4, "text-anchor": "end" };
      make("text", place, this.svg, Number(v.toFixed(2)));
    }
    if (!time) return;
    const across = step(this.to - this.from, this.width / 80, [2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]);
    for (let t = Math.ceil(this.from / across) * across; t <= this.to; t += across) {
      make("text", { x: this.x(t), y: bottom + 16, "text-anchor": "middle" }, this.svg, clock(t));
    }
    const place = { x: right, y: this.height - 3, "text-anchor": "end" };
    make("text", place, this.svg, this.label);
  }

  line(name, points, most) {
    let path = "", last = -Infinity;
    for (const [t, v] of points) {
      if (v === null) { last = -Infinity; continue; }
      path += `${t - last > most ? "M" : "L"}${this.x(t).toFixed(1)} ${this.y(v).toFixed(1)}`;
      last = t;
    }
    make("path", { class: name, d: path }, this.plot);
  }

  box(name, from, to, title) {
    const x = this.x(from), width = Math.max(2, this.x(to) - x);
    const box = { class: name, x, width, y: TOP, height: this.height - BOTTOM - TOP };
    make("title", {}, make("rect", box, this.plot), title);
  }
}

class Cadence extends Chart {
  draw() {
    const values = data.seconds.flatMap(([, v]) => (v === null ? [] : [v]));
    const limits = data.limits.map(([, v]) => v);
    const low = Math.floor(Math.min(...values, ...limits) / 10) * 10;
    this.begin(low, Math.ceil((Math.max(...values, ...limits) + 4) / 10) * 10);
    data.limits.forEach(([t, limit], i) => {
      const end = data.limits[i + 1]?.[0] ?? data.length_s;
      const [x, width] = [this.x(t), this.x(end) - this.x(t)];
      const bottom = this.y(this.low) - this.y(limit);
      make("rect", { class: "zone", x, width, y: this.y(limit), height: bottom }, this.plot);
      make("path", { class: "limit", d: `M${x} ${this.y(limit)}h${width}` }, this.plot);
    });
    this.axes(true);
    data.gaps.forEach(([t, end]) => this.box("gap", t, end, `${clock(t)} no samples`));
    data.cues.forEach(([t, end, name]) => this.box("cue", t, end, `${clock(t)} ${name}`));
    this.line("walk", data.seconds, 3);
    data.alarms.forEach(([t, kind]) => {
      const x = this.x(t), y = TOP + 4;
      const d = `M${x - 7} ${y}h14l-7 12z`;
      make("title", {}, make("path", { class: "alarm", d }, this.plot), `${clock(t)} ${kind}`);
    });
    this.svg.dataset.from = this.from;
    this.svg.dataset.to = this.to;
    document.getElementById("shown").textContent = `${clock(this.from)} to ${clock(this.to)}`;
  }

  // The instant under the pointer stays where it is.
  zoom(factor, t = (this.from + this.to) / 2) {
    const span = Math.min(data.length_s, Math.max(LEAST_SPAN_S, (this.to - this.from) * factor));
    const from = t - ((t - this.from) / (this.to - this.from)) * span;
    this.show(from, span);
  }

  show(from, span) {
    this.from = Math.max(0, Math.min(data.length_s - span, from));
    this.to = this.from + span;
    this.draw();
  }

  move(share) { const span = this.to - this.from; this.show(this.from + share * span, span); }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.width;
    return this.from + ((x - LEFT) / (this.width - LEFT - RIGHT)) * (this.to - this.from);
  }

  listen() {
    const { svg } = this;
    svg.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.shiftKey) return; // a plain wheel scrolls the page
      e.preventDefault();
      this.zoom(e.deltaY + e.deltaX > 0 ? 1.25 : 0.8, this.at(e));
    }, { passive: false });
    let held = null;
    svg.addEventListener("pointerdown", (e) => { held = this.at(e); svg.setPointerCapture(e.pointerId); });
    svg.addEventListener("pointermove", (e) => {
      if (held !== null) this.show(this.from + held - this.at(e), this.to - this.from);
    });
    for (const over of ["pointerup", "pointercancel"]) svg.addEventListener(over, () => { held = null; });
    svg.addEventListener("dblclick", (e) => this.zoom(0.5, this.at(e)));
    const keys = { "+": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.show(0, data.length_s),
      ArrowLeft: () => this.move(-0.25), ArrowRight: () => this.move(0.25) };
    svg.addEventListener("keydown", (e) => { if (keys[e.key]) { e.preventDefault(); keys[e.key](); } });
    const buttons = { in: () => this.zoom(0.5), out: () => this.zoom(2), all: keys[0],
      left: keys.ArrowLeft, right: keys.ArrowRight };
    for (const [id, act] of Object.entries(buttons)) document.getElementById(id).addEventListener("click", act);
  }
}

class Steadiness extends Chart {
  draw() {
    const most = Math.max(5, ...data.steadiness.map(([, v]) => v));
    this.begin(0, Math.min(most * 1.1, 60));
    this.axes(true);
    this.line("walk", data.steadiness, 30);
  }
}

// Cadence (mean and highest) of each session, this one ringed.
class Trend extends Chart {
  draw() {
    const rows = data.trend;
    this.from = -0.5;
    this.to = rows.length - 0.5;
    const all = rows.flatMap((r) => [r.mean, r.max]);
    this.begin(Math.floor((Math.min(...all) - 4) / 10) * 10, Math.ceil((Math.max(...all) + 4) / 10) * 10);
    this.axes(false);
    const every = Math.ceil(rows.length / (this.width / 50));
    rows.forEach((r, i) => {
      const [x, top, mean] = [this.x(i), this.y(r.max), this.y(r.mean)];
      make("rect", { class: "band", x: x - 4, width: 8, y: top, height: Math.max(0, mean - top) }, this.plot);
      make("title", {}, make("circle", { class: r.id === data.id ? "dot now" : "dot", cx: x, cy: mean, r: 5 },
        this.plot), `session ${r.id}: ${r.mean.toFixed(0)} steps/min, highest ${r.max.toFixed(0)}`);
      if (i % every === 0) make("text", { x, y: this.height - BOTTOM + 16, "text-anchor": "middle" }, this.svg, r.id);
    });
    make("text", { x: this.width - RIGHT, y: this.height - 3, "text-anchor": "end" }, this.svg, this.label);
  }
}

const charts = [];
for (const [id, Kind, label, some] of [["cadence", Cadence, "time", data.seconds],
  ["steadiness", Steadiness, "time", data.steadiness], ["trend", Trend, "session", data.trend]]) {
  const svg = document.getElementById(id);
  if (svg && some.length > 1) charts.push(new Kind(svg, label));
}
const drawAll = () => charts.forEach((chart) => chart.draw());
charts.filter((chart) => chart instanceof Cadence).forEach((chart) => chart.listen());
window.addEventListener("resize", drawAll);
window.addEventListener("beforeprint", drawAll);
drawAll();
