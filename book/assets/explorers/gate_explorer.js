/* What the gates of an LSTM and a GRU do while they read a sentence of the reader's. */
"use strict";

(() => {
  const SENTENCES = [
    "In the beginning God created the heaven and the earth.",
    "And the LORD spake unto Moses, saying, Speak unto the children of Israel",
    "And all the days of Noah were nine hundred and fifty years: and he died.",
  ];
  const PANELS = {
    LSTM: [
      ["i", "input gate i"],
      ["f", "forget gate f"],
      ["o", "output gate o"],
      ["c", "cell state c"],
    ],
    GRU: [
      ["r", "reset gate r"],
      ["z", "update gate z (1 keeps)"],
      ["h", "state h"],
    ],
  };
  const LONGEST = 160; // characters of a sentence
  const COLUMN = 13; // pixels
  const ROW = 2;
  const POSITIVE = "#d55e00";
  const NEGATIVE = "#0072b2";

  /* An element with attributes, handlers (on...) and children. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const shown = (letter) => (letter === " " ? "␣" : letter === "\n" ? "⏎" : letter);
  const spoken = (letter) => (letter === " " ? "space" : letter === "\n" ? "end of line" : letter);

  class GateExplorer {
    constructor(root, content) {
      this.root = root;
      this.vocabulary = content.vocabulary;
      this.token = new Map(content.vocabulary.map((letter, index) => [letter, index]));
      this.models = {};
      for (const [name, stored] of Object.entries(content.models)) {
        this.models[name] = new window.gated.Model(stored);
      }
      this.forced = { LSTM: {}, GRU: {} };
      this.unit = { LSTM: null, GRU: null };
      this.order = "stored";
      this.time = 0;
      this.build();
      this.read(SENTENCES[0]);
    }

    build() {
      this.field = make("input", {
        id: "gx-text", type: "text", maxlength: LONGEST, autocomplete: "off", spellcheck: "false",
        oninput: () => this.read(this.field.value),
      });
      this.note = make("p", { class: "gx-note", role: "status" });
      this.slider = make("input", {
        id: "gx-time", type: "range", min: 0, value: 0,
        oninput: () => this.moveTo(Number(this.slider.value)),
      });
      this.sorting = make(
        "select",
        { id: "gx-sort", onchange: () => { this.order = this.sorting.value; this.draw(); } },
        make("option", { value: "stored" }, "as stored"),
        make("option", { value: "here" }, "by their value at this character"),
        make("option", { value: "change" }, "by how much they change"),
      );
      this.words = make("p", { class: "gx-words", "aria-hidden": "true" });
      const samples = SENTENCES.map((text, index) =>
        make("button", { type: "button", onclick: () => { this.field.value = text; this.read(text); } },
          `Sentence ${index + 1}`),
      );
      this.columns = {};
      const cells = Object.keys(PANELS).map((cell) => this.buildCell(cell));
      this.root.replaceChildren(
        make("div", { class: "gx-row" },
          make("label", { for: "gx-text" }, "Type a sentence"), this.field,
          make("div", { class: "gx-buttons" }, ...samples)),
        this.note,
        this.words,
        make("div", { class: "gx-row" },
          make("label", { for: "gx-time" }, "Character"), this.slider),
        make("div", { class: "gx-row" },
          make("label", { for: "gx-sort" }, "Sort the units"), this.sorting),
        make("div", { class: "gx-cells" }, ...cells),
      );
      new ResizeObserver(() => this.draw()).observe(this.root);
      new MutationObserver(() => this.draw()).observe(document.documentElement, {
        attributes: true, attributeFilter: ["data-theme"],
      });
    }

    buildCell(cell) {
      const model = this.models[cell];
      const column = { panels: {}, next: make("ol", { class: "gx-next" }), bits: make("p", { class: "gx-bits" }) };
      this.columns[cell] = column;
      column.unit = make("select", {
        id: `gx-unit-${cell}`,
        onchange: () => this.single(cell, column.unit.value === "" ? null : Number(column.unit.value)),
      }, make("option", { value: "" }, "all"));
      for (let k = 0; k < model.H; k++) column.unit.append(make("option", { value: k }, String(k)));
      const figures = PANELS[cell].map(([name, title]) => this.buildPanel(cell, name, title));
      return make("section", { class: "gx-cell", "aria-label": cell },
        make("p", { class: "gx-title" }, `${cell}, ${model.H} units`),
        column.bits,
        make("p", { class: "gx-label" }, "It expects next"), column.next,
        make("div", { class: "gx-row" }, make("label", { for: `gx-unit-${cell}` }, "Unit"), column.unit),
        ...figures);
    }

    buildPanel(cell, name, title) {
      const canvas = make("canvas", {
        role: "img",
        onclick: (event) => this.choose(cell, name, event),
        onmousemove: (event) => this.hover(cell, event),
      });
      const box = make("div", {
        class: "gx-box", tabindex: 0, role: "group", "aria-label": `${cell}, ${title}: arrow keys move through time`,
        onkeydown: (event) => this.key(event),
        onscroll: () => this.scrollAll(box.scrollLeft),
      }, canvas);
      const head = make("div", { class: "gx-row" }, make("span", { class: `gx-label gx-${name}` }, title));
      if (!"ch".includes(name)) {
        const id = `gx-force-${cell}-${name}`;
        const select = make("select", { id, onchange: () => this.force(cell, name, select.value) },
          make("option", { value: "" }, "as learnt"),
          make("option", { value: "1" }, "forced open (1)"),
          make("option", { value: "0" }, "forced shut (0)"));
        select.setAttribute("aria-label", `${cell}, ${title}`);
        head.append(select);
      }
      this.columns[cell].panels[name] = { canvas, box };
      return make("div", { class: "gx-panel" }, head, box);
    }

    /* The text has changed. Characters that the models have never seen are left out, and named. */
    read(text) {
      if (document.activeElement !== this.field) this.field.value = text;
      const letters = [...text].filter((letter) => this.token.has(letter));
      const unknown = [...new Set([...text].filter((letter) => !this.token.has(letter)))];
      this.letters = letters.slice(0, LONGEST);
      this.unknown = unknown;
      this.words.replaceChildren(...this.letters.map((letter, t) =>
        make("span", { onclick: () => this.moveTo(t), onmouseenter: () => this.moveTo(t) }, shown(letter))));
      this.slider.max = Math.max(this.letters.length - 1, 0);
      this.compute();
      this.moveTo(Math.max(this.letters.length - 1, 0));
    }

    force(cell, name, value) {
      if (value === "") delete this.forced[cell][name];
      else this.forced[cell][name] = Number(value);
      this.compute();
      this.moveTo(this.time);
    }

    single(cell, unit) {
      this.unit[cell] = unit;
      this.columns[cell].unit.value = unit === null ? "" : String(unit);
      this.draw();
      this.tell();
    }

    /* Run both models; remember the steps, the predictions and what each character has cost. */
    compute() {
      const tokens = this.letters.map((letter) => this.token.get(letter));
      this.steps = {};
      this.predictions = {};
      for (const [cell, model] of Object.entries(this.models)) {
        this.steps[cell] = model.forward(tokens, this.forced[cell]);
        this.predictions[cell] = this.steps[cell].map((step) => window.gated.softmax(model.logits(step.h)));
        let bits = 0;
        for (let t = 1; t < tokens.length; t++) bits -= Math.log2(this.predictions[cell][t - 1][tokens[t]]);
        this.columns[cell].bits.textContent = tokens.length > 1
          ? `${(bits / (tokens.length - 1)).toFixed(2)} bits per character of this sentence`
          : "";
      }
    }

    moveTo(time) {
      this.time = Math.min(Math.max(time, 0), Math.max(this.letters.length - 1, 0));
      this.slider.value = this.time;
      [...this.words.children].forEach((span, t) => span.classList.toggle("gx-now", t === this.time));
      this.draw();
      this.tell();
    }

    tell() {
      const letters = this.letters;
      const said = [];
      if (this.unknown.length) said.push(`Left out, for the models have never seen them: ${this.unknown.map(spoken).join(" ")}.`);
      if (!letters.length) {
        said.push("Type at least one character.");
        for (const column of Object.values(this.columns)) column.next.replaceChildren();
      } else {
        said.push(`After “${letters.slice(Math.max(0, this.time - 11), this.time + 1).join("")}”:`);
        for (const [cell, all] of Object.entries(this.predictions)) {
          const p = all[this.time];
          const best = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 5);
          this.columns[cell].next.replaceChildren(...best.map((token) =>
            make("li", {},
              make("span", { class: "gx-bar", style: `width:${(100 * p[token]).toFixed(1)}%` }),
              make("code", {}, shown(this.vocabulary[token])),
              ` ${(100 * p[token]).toFixed(0)} %`)));
          said.push(`${cell} expects ${spoken(this.vocabulary[best[0]])} with ${(100 * p[best[0]]).toFixed(0)} %${this.unitValues(cell)}.`);
        }
      }
      this.note.textContent = said.join(" ");
    }

    unitValues(cell) {
      const unit = this.unit[cell];
      if (unit === null) return "";
      const step = this.steps[cell][this.time];
      return ` (unit ${unit}: ${PANELS[cell].map(([name]) => `${name} ${step[name][unit].toFixed(2)}`).join(", ")})`;
    }

    ranking(cell, name) {
      const steps = this.steps[cell];
      const units = [...Array(this.models[cell].H).keys()];
      if (this.order === "stored" || !steps.length) return units;
      const key = this.order === "here"
        ? (unit) => steps[this.time][name][unit]
        : (unit) => steps.reduce((sum, step, t) => sum + (t ? Math.abs(step[name][unit] - steps[t - 1][name][unit]) : 0), 0);
      const keys = units.map(key);
      return units.sort((a, b) => keys[b] - keys[a]);
    }

    draw() {
      for (const [cell, column] of Object.entries(this.columns)) {
        for (const [name, panel] of Object.entries(column.panels)) this.drawPanel(cell, name, panel);
      }
    }

    drawPanel(cell, name, { canvas, box }) {
      const steps = this.steps[cell];
      const H = this.models[cell].H;
      const sharp = window.devicePixelRatio || 1;
      const width = Math.max(steps.length * COLUMN, 1);
      const height = H * ROW;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.width = width * sharp;
      canvas.height = height * sharp;
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      const colour = getComputedStyle(this.root).getPropertyValue(`--gate-${name}`).trim() || POSITIVE;
      const signed = "ch".includes(name);
      let most = 1e-9;
      if (signed) for (const step of steps) for (const value of step[name]) most = Math.max(most, Math.abs(value));
      else most = 1;
      const unit = this.unit[cell];
      const rows = unit === null ? this.ranking(cell, name) : [unit];
      this.columns[cell].panels[name].rows = rows;
      steps.forEach((step, t) => {
        rows.forEach((k, row) => {
          const value = step[name][k] / most;
          pen.fillStyle = signed ? (value < 0 ? NEGATIVE : POSITIVE) : colour;
          if (unit === null) {
            pen.globalAlpha = Math.abs(value);
            pen.fillRect(t * COLUMN, row * ROW, COLUMN - 1, ROW);
          } else {
            const base = signed ? height / 2 : height;
            pen.fillRect(t * COLUMN, base - Math.max(value, 0) * base, COLUMN - 1, Math.max(Math.abs(value) * base, 1));
          }
        });
      });
      pen.globalAlpha = 1;
      pen.strokeStyle = getComputedStyle(this.root).color;
      if (steps.length) pen.strokeRect(this.time * COLUMN - 0.5, 0.5, COLUMN, height - 1);
      const here = steps.length ? steps[this.time][name] : [];
      const mean = here.length ? here.reduce((a, b) => a + b, 0) / here.length : 0;
      canvas.setAttribute("aria-label",
        `Values of ${name} in ${H} units over ${steps.length} characters; their mean at this one is ${mean.toFixed(2)}`);
      const left = this.time * COLUMN;
      if (left < box.scrollLeft || left + COLUMN > box.scrollLeft + box.clientWidth) {
        box.scrollLeft = left - box.clientWidth / 2;
      }
    }

    choose(cell, name, event) {
      const row = Math.floor(event.offsetY / ROW);
      const rows = this.columns[cell].panels[name].rows;
      this.moveTo(Math.floor(event.offsetX / COLUMN));
      this.single(cell, this.unit[cell] === null ? rows[Math.min(row, rows.length - 1)] : null);
    }

    hover(cell, event) {
      const time = Math.floor(event.offsetX / COLUMN);
      if (time !== this.time) this.moveTo(time);
    }

    key(event) {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const jump = { Home: 0, End: this.letters.length - 1 }[event.key];
      if (move === undefined && jump === undefined) return;
      event.preventDefault();
      this.moveTo(jump === undefined ? this.time + move : jump);
    }

    scrollAll(left) {
      for (const column of Object.values(this.columns)) {
        for (const { box } of Object.values(column.panels)) if (box.scrollLeft !== left) box.scrollLeft = left;
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector("[data-gate-explorer]");
    if (root) root.explorer = new GateExplorer(root, window.gatedModels.characters);
  });
})();
