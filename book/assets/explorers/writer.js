/* A model that goes on writing what the reader has begun. Its weights, a file of their own, are
   loaded when it first has to write. */
"use strict";

(() => {
  const BEGINNING = "And Noah said unto his wife, ";
  const LONGEST = 400; // characters of a beginning
  const PACE = 25; // milliseconds between two characters

  /* An element with attributes, handlers (on...) and children. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  /* Numbers between 0 and 1 that depend on the seed alone (mulberry32). */
  function uniform(seed) {
    let a = seed | 0;
    return () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
    };
  }

  /* The page's rule: the largest of l + tau g, with Gumbel noise g. */
  function draw(logits, temperature, random) {
    let best = 0;
    let most = -Infinity;
    logits.forEach((value, token) => {
      const noise = temperature > 0 ? temperature * -Math.log(-Math.log(random())) : 0;
      if (value + noise > most) [best, most] = [token, value + noise];
    });
    return best;
  }

  class Writer {
    constructor(root) {
      this.root = root;
      this.job = 0; // counts what was begun: an older one stops when it finds another number
      this.build();
    }

    build() {
      const range = (id, attributes, unit) => {
        const shown = make("output", { for: id }, unit(attributes.value));
        const input = make("input", { id, type: "range", ...attributes,
          oninput: () => { shown.textContent = unit(input.value); } });
        return [input, shown];
      };
      this.field = make("textarea", { id: "wr-text", rows: 2, maxlength: LONGEST, spellcheck: "false" });
      this.field.value = BEGINNING;
      this.cell = make("select", { id: "wr-cell" },
        make("option", {}, "LSTM"), make("option", {}, "GRU"));
      const [temperature, shownTemperature] = range("wr-temperature",
        { min: 0, max: 1.5, step: 0.05, value: 0.6 }, (value) => Number(value).toFixed(2));
      const [length, shownLength] = range("wr-length",
        { min: 50, max: 1000, step: 50, value: 300 }, (value) => value);
      this.temperature = temperature;
      this.length = length;
      this.seed = make("input", { id: "wr-seed", type: "number", min: 0, max: 9999, step: 1, value: 0 });
      this.shade = make("input", { id: "wr-shade", type: "checkbox",
        onchange: () => this.text.classList.toggle("wr-shaded", this.shade.checked) });
      this.button = make("button", { type: "button", onclick: () => this.writing ? this.stop() : this.write() }, "Write");
      const again = make("button", { type: "button", onclick: () => this.again() }, "Again, with the next seed");
      this.text = make("div", { class: "wr-text", role: "region", tabindex: 0, "aria-label": "What the model has written" });
      this.note = make("p", { class: "wr-note", role: "status" });
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.writing) this.stop();
      });
      const row = (id, label, ...parts) =>
        make("div", { class: "gx-row" }, make("label", { for: id }, label), ...parts);
      this.root.replaceChildren(
        row("wr-text", "Your beginning", this.field),
        make("div", { class: "wr-settings" },
          row("wr-cell", "Cell", this.cell),
          row("wr-seed", "Seed", this.seed),
          row("wr-temperature", "Temperature", temperature, shownTemperature),
          row("wr-length", "Characters", length, shownLength)),
        make("div", { class: "gx-row" }, this.button, again,
          make("span", { class: "wr-check" }, this.shade, make("label", { for: "wr-shade" }, "Shade what surprised it"))),
        this.text,
        this.note,
      );
    }

    /* The models, from the file with their weights. */
    models() {
      this.loaded ||= new Promise((resolve, reject) => {
        const script = make("script", { src: this.root.dataset.writer,
          onload: () => resolve(this.take(window.gatedWriters)),
          onerror: () => { this.loaded = null; script.remove(); reject(new Error("not loaded")); } });
        document.head.append(script);
      });
      return this.loaded;
    }

    take(content) {
      this.vocabulary = content.vocabulary;
      this.token = new Map(content.vocabulary.map((letter, index) => [letter, index]));
      const stored = Object.entries(content.models);
      return Object.fromEntries(stored.map(([name, of]) => [name, new window.gated.Model(of)]));
    }

    /* Read a text as the beginning of a verse; return the state, and what could come next. */
    read(model, letters) {
      let state = model.zeroState();
      for (const letter of ["\n", ...letters]) {
        state = model.step(model.input(this.token.get(letter)), state);
      }
      return { state, logits: model.logits(state.h) };
    }

    again() {
      this.seed.value = (Number(this.seed.value) + 1) % 10000;
      this.write();
    }

    stop() {
      this.job += 1;
      this.finish("Stopped");
    }

    async write() {
      const job = ++this.job;
      this.writing = true;
      this.button.textContent = "Stop";
      this.letters = this.bits = 0;
      this.text.replaceChildren();
      this.note.textContent = "Loading the weights …";
      let models;
      try {
        models = await this.models();
      } catch {
        if (job === this.job) this.finish("The weights could not be loaded");
        return;
      }
      if (job !== this.job) return;
      const all = [...this.field.value];
      const unknown = [...new Set(all.filter((letter) => !this.token.has(letter)))];
      this.left = unknown.length ? ` Left out, for the models have never seen them: ${unknown.join(" ")}` : "";
      const beginning = all.filter((letter) => this.token.has(letter));
      this.settings = {
        cell: this.cell.value, temperature: Number(this.temperature.value),
        seed: Math.trunc(Number(this.seed.value)) || 0, length: Number(this.length.value),
      };
      this.note.textContent = `The ${this.settings.cell} is writing.`;
      this.text.append(make("b", {}, beginning.join("")));
      const model = models[this.settings.cell];
      this.go(job, model, this.read(model, beginning), uniform(this.settings.seed));
    }

    /* One character, and then the next: at once for readers who want no motion. */
    go(job, model, { state, logits }, random) {
      const hurry = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      const next = () => {
        if (job !== this.job) return;
        do {
          const token = draw(logits, this.settings.temperature, random);
          const bits = -Math.log2(window.gated.softmax(logits)[token]);
          this.put(this.vocabulary[token], bits);
          state = model.step(model.input(token), state);
          logits = model.logits(state.h);
        } while (hurry && this.letters < this.settings.length);
        this.text.scrollTop = this.text.scrollHeight;
        if (this.letters < this.settings.length) setTimeout(next, PACE);
        else this.finish("Done");
      };
      next();
    }

    put(letter, bits) {
      this.letters += 1;
      this.bits += bits;
      const share = Math.round(Math.min(bits / 8, 1) * 100);
      this.text.append(make("span", { style: `--surprise:${share}%` }, letter));
    }

    finish(how) {
      this.writing = false;
      this.button.textContent = "Write";
      if (!this.letters) {
        this.note.textContent = `${how}.`;
        return;
      }
      const { cell, temperature, seed } = this.settings;
      this.note.textContent =
        `${how}: ${this.letters} characters by the ${cell} at temperature ${temperature.toFixed(2)}, seed ${seed}. ` +
        `What it wrote surprised it by ${(this.bits / this.letters).toFixed(2)} bits per character.${this.left}`;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll("[data-writer]")) root.writer = new Writer(root);
  });
})();
