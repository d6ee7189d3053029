/* RNN, LSTM and GRU for one sequence, forward and backward, as in the library gatedrnn.
   A classic script, not a module: browsers load modules from a server only, and these pages are
   also opened from a folder. */
"use strict";

window.gated = (() => {
  const sigmoid = (a) => 1 / (1 + Math.exp(-a));

  /* Sixteen-bit floats, base64: one array of the weights that the library has written. */
  function decode(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 2 }, (_, k) => half(view.getUint16(2 * k, true)));
  }

  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  /* y = M x (+ b), M with `rows` rows, stored row by row. */
  function product(M, rows, x, b) {
    const columns = x.length;
    const y = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = b ? b[row] : 0;
      for (let column = 0, k = row * columns; column < columns; column++) sum += M[k++] * x[column];
      y[row] = sum;
    }
    return y;
  }

  /* y += the transpose of M times x. */
  function addTransposed(M, rows, x, y) {
    const columns = y.length;
    for (let row = 0; row < rows; row++) {
      const factor = x[row];
      for (let column = 0, k = row * columns; column < columns; column++) y[column] += M[k++] * factor;
    }
  }

  const BLOCKS = { RNN: ["h"], LSTM: ["i", "f", "g", "o"], GRU: ["r", "z", "n"] };

  class Model {
    /* `stored`: cell, hiddenSize, and the parameters by name, in base64. */
    constructor(stored) {
      this.cell = stored.cell;
      this.H = stored.hiddenSize;
      this.gates = BLOCKS[this.cell];
      this.params = {};
      for (const [name, text] of Object.entries(stored.params)) this.params[name] = decode(text);
      this.D = this.params["cell.W"].length / (this.gates.length * this.H);
      this.outputs = this.params["readout.b"].length;
    }

    zeroState() {
      const state = { h: new Float64Array(this.H) };
      if (this.cell === "LSTM") state.c = new Float64Array(this.H);
      return state;
    }

    /* The vector of a token, its row of the embedding; a vector is its own. */
    input(token) {
      if (typeof token !== "number") return token;
      return this.params["embedding.W"].subarray(token * this.D, (token + 1) * this.D);
    }

    /* One step. `forced`: for some gates a value that all units take instead of their own.
       `shift`: added to the sums of some gates. */
    step(x, state, forced = {}, shift = {}) {
      const { H, gates, params } = this;
      const rows = gates.length * H;
      const sums = product(params["cell.W"], rows, x, params["cell.b"]);
      const back = product(params["cell.U"], rows, state.h, null);
      const part = (array, name) => array.subarray(gates.indexOf(name) * H, (gates.indexOf(name) + 1) * H);
      const gate = (name) =>
        part(sums, name).map((a, k) =>
          forced[name] === undefined ? sigmoid(a + part(back, name)[k] + (shift[name] || 0)) : forced[name]
        );
      const h = new Float64Array(H);
      if (this.cell === "RNN") return { h: h.map((_, k) => Math.tanh(sums[k] + back[k])) };
      if (this.cell === "LSTM") {
        const [i, f, o] = ["i", "f", "o"].map(gate);
        const g = part(sums, "g").map((a, k) => Math.tanh(a + part(back, "g")[k]));
        const c = g.map((value, k) => f[k] * state.c[k] + i[k] * value);
        return { i, f, g, o, c, h: c.map((value, k) => o[k] * Math.tanh(value)) };
      }
      const [r, z] = ["r", "z"].map(gate);
      const u = part(back, "n").map((value, k) => value + params["cell.b_n"][k]);
      const n = part(sums, "n").map((a, k) => Math.tanh(a + r[k] * u[k]));
      return { r, z, n, u, h: n.map((value, k) => (1 - z[k]) * value + z[k] * state.h[k]) };
    }

    /* All steps over tokens or vectors, each with what its gates did. */
    forward(tokens, forced, shift) {
      const steps = [];
      let state = this.zeroState();
      for (const token of tokens) {
        state = this.step(this.input(token), state, forced, shift);
        steps.push(state);
      }
      return steps;
    }

    logits(h) {
      return product(this.params["readout.W"], this.outputs, h, this.params["readout.b"]);
    }

    /* The length of the gradient of -log p(target) at the last step with respect to the state
       after each step: of h, and of (h, c) for the LSTM. */
    gradientLengths(steps, target) {
      const { H, gates, params } = this;
      const rows = gates.length * H;
      const T = steps.length;
      const dlogits = softmax(this.logits(steps[T - 1].h));
      dlogits[target] -= 1;
      let dh = new Float64Array(H);
      addTransposed(params["readout.W"], this.outputs, dlogits, dh);
      let dc = new Float64Array(H);
      const lengths = new Float64Array(T);
      for (let t = T - 1; t >= 0; t--) {
        const now = steps[t];
        const before = t ? steps[t - 1] : this.zeroState();
        let sum = 0;
        for (let k = 0; k < H; k++) sum += dh[k] ** 2 + dc[k] ** 2;
        lengths[t] = Math.sqrt(sum);
        const da = new Float64Array(rows);
        let carried = new Float64Array(H);
        const nextDc = new Float64Array(H);
        for (let k = 0; k < H; k++) {
          if (this.cell === "RNN") {
            da[k] = dh[k] * (1 - now.h[k] ** 2);
          } else if (this.cell === "LSTM") {
            const tanhC = Math.tanh(now.c[k]);
            const all = dc[k] + dh[k] * now.o[k] * (1 - tanhC ** 2);
            const own = [all * now.g[k], all * before.c[k], all * now.i[k], dh[k] * tanhC];
            gates.forEach((name, block) => {
              const value = now[name][k];
              da[block * H + k] = own[block] * (name === "g" ? 1 - value ** 2 : value * (1 - value));
            });
            nextDc[k] = all * now.f[k];
          } else {
            const { r, z, n, u } = now;
            const dn = dh[k] * (1 - z[k]) * (1 - n[k] ** 2);
            da[k] = dn * u[k] * r[k] * (1 - r[k]);
            da[H + k] = dh[k] * (before.h[k] - n[k]) * z[k] * (1 - z[k]);
            da[2 * H + k] = dn * r[k];
            carried[k] = dh[k] * z[k];
          }
        }
        addTransposed(params["cell.U"], rows, da, carried);
        dh = carried;
        dc = nextDc;
      }
      return lengths;
    }
  }

  function softmax(logits) {
    const top = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((value) => value / sum);
  }

  return { Model, softmax, BLOCKS };
})();
