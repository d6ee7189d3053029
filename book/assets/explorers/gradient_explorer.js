/* How much of the gradient of the last step's loss reaches the first, in RNN, LSTM and GRU. */
"use strict";

(() => {
  const COLOURS = { RNN: "var(--cell-rnn)", LSTM: "var(--cell-lstm)", GRU: "var(--cell-gru)" };
  const DASHES = { RNN: "2 4", LSTM: "", GRU: "8 4" };
  const DECADES = [-12, 2]; // of the vertical axis
  const SIZE = { width: 640, height: 300, left: 56, right: 16, top: 12, bottom: 40 };
  const HOLDS = { LSTM: "f", GRU: "z" }; // the gate that keeps the state
  const DIGITS = 10;

  function svg(tag, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  class GradientExplorer {
    constructor(root, content) {
      this.root = root;
      this.digits = content.digits;
      this.models = {};
      for (const [name, stored] of Object.entries(content.models)) this.models[name] = new window.gated.Model(stored);
      this.length = this.slider("gr-length", "Steps T", 5, 150, 1, 50);
      this.bias = this.slider("gr-bias", "Added to the forget bias", -4, 4, 0.25, 0);
      this.picture = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", class: "gr-picture" });
      this.rows = make("tbody");
      this.note = make("p", { class: "gx-note", role: "status" });
      const head = make("tr", {}, ...["cell", "at step 1", "at step T", "left"].map((text) => make("th", { scope: "col" }, text)));
      root.replaceChildren(
        make("div", { class: "gx-row" }, ...this.length.parts),
        make("div", { class: "gx-row" }, ...this.bias.parts),
        this.picture,
        make("table", { class: "gr-table" }, make("thead", {}, head), this.rows),
        this.note,
      );
      this.update();
    }

    slider(id, text, min, max, step, value) {
      const input = make("input", { id, type: "range", min, max, step, value });
      const output = make("output", { for: id }, String(value));
      input.addEventListener("input", () => this.update());
      return { input, output, parts: [make("label", { for: id }, text), input, output] };
    }

    /* The marked digit comes first, then others, then the question. */
    inputs(T) {
      return Array.from({ length: T }, (_, t) => {
        const x = new Float64Array(DIGITS + 2);
        if (t < T - 1) x[this.digits[t]] = 1;
        if (t === 0) x[DIGITS] = 1;
        if (t === T - 1) x[DIGITS + 1] = 1;
        return x;
      });
    }

    /* Of each cell the lengths of the gradient at all steps. */
    measure(T, shift) {
      const xs = this.inputs(T);
      const found = {};
      for (const [cell, model] of Object.entries(this.models)) {
        const gate = HOLDS[cell];
        const steps = model.forward(xs, {}, gate ? { [gate]: shift } : {});
        found[cell] = model.gradientLengths(steps, this.digits[0]);
      }
      return found;
    }

    update() {
      const T = Number(this.length.input.value);
      const shift = Number(this.bias.input.value);
      this.length.output.textContent = T;
      this.bias.output.textContent = (shift > 0 ? "+" : "") + shift;
      const found = this.measure(T, shift);
      this.draw(T, found);
      const said = [];
      this.rows.replaceChildren(...Object.entries(found).map(([cell, lengths]) => {
        const share = lengths[0] / lengths[T - 1];
        said.push(`${cell} ${share.toExponential(1)}`);
        const values = [lengths[0], lengths[T - 1], share].map((value) => make("td", {}, value.toExponential(1)));
        return make("tr", {}, make("th", { scope: "row" }, cell), ...values);
      }));
      this.note.textContent = `Of the gradient at step ${T}, what is left at step 1: ${said.join(", ")}.`;
      this.picture.setAttribute("aria-label",
        `Length of the gradient at each step from 1 to ${T}, on a logarithmic scale. Left at step 1: ${said.join(", ")}.`);
    }

    draw(T, found) {
      const { width, height, left, right, top, bottom } = SIZE;
      const x = (t) => left + ((width - left - right) * t) / Math.max(T - 1, 1);
      const y = (value) => {
        const decade = Math.min(Math.max(Math.log10(Math.max(value, 1e-300)), DECADES[0]), DECADES[1]);
        return top + ((height - top - bottom) * (DECADES[1] - decade)) / (DECADES[1] - DECADES[0]);
      };
      const parts = [];
      for (let decade = DECADES[0]; decade <= DECADES[1]; decade += 2) {
        const level = y(10 ** decade);
        parts.push(svg("line", { x1: left, x2: width - right, y1: level, y2: level, class: "gr-grid" }));
        parts.push(svg("text", { x: left - 6, y: level + 4, "text-anchor": "end" }, `1e${decade}`));
      }
      for (const t of [0, Math.round((T - 1) / 2), T - 1]) {
        parts.push(svg("text", { x: x(t), y: height - bottom + 18, "text-anchor": "middle" }, String(t + 1)));
      }
      parts.push(svg("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" }, "step t"));
      Object.entries(found).forEach(([cell, lengths], index) => {
        const points = [...lengths].map((value, t) => `${x(t).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
        const line = { fill: "none", "stroke-width": 2.5, "stroke-dasharray": DASHES[cell], style: `stroke:${COLOURS[cell]}` };
        parts.push(svg("polyline", { points, ...line }));
        const keyX = width - right - 240 + 84 * index;
        parts.push(svg("line", { x1: keyX, x2: keyX + 26, y1: height - bottom - 10, y2: height - bottom - 10, ...line }));
        parts.push(svg("text", { x: keyX + 31, y: height - bottom - 6 }, cell));
      });
      this.picture.replaceChildren(...parts);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector("[data-gradient-explorer]");
    if (root) root.explorer = new GradientExplorer(root, window.gatedModels.recall);
  });
})();
