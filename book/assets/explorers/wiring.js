/* A term of the equations and its wires light up together. */
"use strict";

(() => {
  const NAMES = {
    x: "input x", i: "input gate i", f: "forget gate f", g: "candidate g", o: "output gate o",
    r: "reset gate r", z: "update gate z", n: "candidate n", c: "new cell state", h: "new state",
    "c-before": "cell state before", "h-before": "state before",
  };

  function connect(wiring) {
    const section = wiring.closest("section");
    const parts = [...section.querySelectorAll("[data-term]")];
    const terms = [...new Set(parts.map((part) => part.dataset.term))];
    const buttons = new Map();
    let kept = null;

    const light = (term) => {
      for (const part of parts) part.classList.toggle("lit", part.dataset.term === term);
      section.classList.toggle("one-lit", term !== null);
    };
    const choose = (term) => {
      kept = kept === term ? null : term;
      light(kept);
      for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === kept));
    };

    const row = document.createElement("div");
    row.className = "wiring-terms";
    for (const term of Object.keys(NAMES).filter((name) => terms.includes(name))) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = NAMES[term];
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => choose(term));
      buttons.set(term, button);
      row.append(button);
    }
    wiring.before(row);
    for (const part of parts) {
      part.addEventListener("pointerenter", () => light(part.dataset.term));
      part.addEventListener("pointerleave", () => light(kept));
      part.addEventListener("click", () => choose(part.dataset.term));
    }
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".cell-wiring").forEach(connect));
})();
