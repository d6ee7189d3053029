r"""Sequence to sequence: one network reads, another writes, and may look back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.attention import AdditiveAttention, DotProductAttention
from gatedrnn.cells.base import Recurrent
from gatedrnn.functional import dtanh, log_softmax
from gatedrnn.layers import Embedding, Linear
from gatedrnn.stack import Stack
from gatedrnn.states import state_like, state_parts
from gatedrnn.validation import check_lengths, check_params, check_positive_int, check_tokens

__all__ = ["Decoded", "EncoderDecoder"]

ATTENTIONS = {"additive": AdditiveAttention, "dot": DotProductAttention}


@dataclass(frozen=True)
class Decoded:
    """What a model wrote.

    Attributes
    ----------
    tokens : list of ndarray
        The tokens of each sample, without the stop token.
    log_probability : ndarray, shape (N,)
        Of each sequence, its stop token included if it wrote one.
    weights : list of ndarray, each (steps, T), or None
        Where the attention was at each token.
    """

    tokens: list[np.ndarray]
    log_probability: np.ndarray
    weights: list[np.ndarray] | None


class EncoderDecoder:
    r"""An encoder, a decoder that starts where a map of its last state says, and attention.

    .. math::

        h_1, \dots, h_T &= \text{encoder}(x_1, \dots, x_T), \qquad
        s_0 = \tanh(W_s \, [\text{last state}] + b_s) \\
        s_1, \dots, s_S &= \text{decoder}(y_0, \dots, y_{S-1}) \\
        \tilde s_k &= \tanh(W_a [s_k;\, \text{context}(s_k)] + b_a) \\
        p(y_k) &= \operatorname{softmax}(W \tilde s_k + b)

    Without attention :math:`\tilde s_k = s_k`. As in Luong et al., the attention stands behind
    the decoder: it asks with the new state, and what it finds does not go into the next step. So
    in training, where the target is known, all steps of the decoder are one sequence. In Bahdanau
    et al. the context of the old state is an input of the step.

    Parameters
    ----------
    encoder, decoder : RNN, LSTM, GRU or Stack
        Their input sizes are those of the embeddings. The decoder reads in one direction.
    source_tokens, target_tokens : int
        Number of tokens of each side.
    attention : {None, "additive", "dot"}
    rng : numpy.random.Generator

    Attributes
    ----------
    params : dict of str to ndarray
        The parts' own arrays, as ``"encoder.W"``, ``"readout.b"``, ...

    Raises
    ------
    ValueError
        If the attention is unknown or the decoder has two directions.

    References
    ----------
    Sutskever, Vinyals and Le (2014); Cho et al. (2014); Bahdanau, Cho and Bengio (2015); Luong,
    Pham and Manning (2015).
    """

    def __init__(
        self,
        encoder: Recurrent | Stack,
        decoder: Recurrent | Stack,
        source_tokens: int,
        target_tokens: int,
        *,
        attention: str | None = "dot",
        rng: np.random.Generator,
    ) -> None:
        if getattr(decoder, "bidirectional", False):
            raise ValueError("decoder: expected one direction, for it writes as it goes")
        if attention is not None and attention not in ATTENTIONS:
            raise ValueError(
                f"attention: expected None or one of {list(ATTENTIONS)}, got {attention!r}"
            )
        self.encoder, self.decoder = encoder, decoder
        options = {"rng": rng, "dtype": decoder.dtype}
        H = decoder.output_size
        ends = sum(part.shape[1] for part in state_parts(encoder.zero_state(1)))
        starts = sum(part.shape[1] for part in state_parts(decoder.zero_state(1)))
        self.attention = self.combine = None
        layers = {
            "source": Embedding(source_tokens, encoder.input_size, **options),
            "encoder": encoder,
            "bridge": Linear(ends, starts, **options),
            "target": Embedding(target_tokens, decoder.input_size, **options),
            "decoder": decoder,
        }
        if attention is not None:
            layers["attention"] = ATTENTIONS[attention](H, encoder.output_size, **options)
            layers["combine"] = Linear(H + encoder.output_size, H, **options)
        layers["readout"] = Linear(H, target_tokens, **options)
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.layers = layers
        self.params = {
            f"{name}.{key}": value
            for name, layer in layers.items()
            for key, value in layer.params.items()
        }

    @property
    def num_parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(value.size for value in self.params.values())

    @property
    def dropout(self) -> float:
        """The greater dropout of the two stacks."""
        return max(getattr(side, "dropout", 0.0) for side in (self.encoder, self.decoder))

    def forward(
        self,
        inputs: tuple[np.ndarray, np.ndarray],
        state: None = None,
        lengths: np.ndarray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, Any, dict[str, Any]]:
        """Return the logits of all target tokens, each after those before it.

        Parameters
        ----------
        inputs : tuple of ndarray of int
            The source (T, N), and the target with a start token in front and without its last
            token (S, N).
        state : None
            There is none to hand in; the argument is there for `gatedrnn.train.fit`.
        lengths : ndarray of int, shape (N,), optional
            How many steps of each source are not padding.
        rng : numpy.random.Generator, optional
            Source of the stacks' dropout.

        Returns
        -------
        logits : ndarray, shape (S, N, target_tokens)
        state
            The decoder's, after the last token.
        tape : dict
        """
        if state is not None:
            raise ValueError("state: expected None, the decoder starts where the source ended")
        source, target = inputs
        hs, start, tape = self._encode(source, lengths, rng)
        check_tokens("target", target, ("S", source.shape[1]), self.target.num_tokens)
        vectors, tape["target"] = self.target.forward(target)
        ss, end, tape["decoder"] = _run(self.decoder, vectors, start, None, rng)
        out, _ = self._look_back(ss, hs, lengths, tape)
        logits, tape["readout"] = self.readout.forward(out)
        return logits, end, tape

    def _encode(self, source, lengths, rng=None):
        """Return the encoder's outputs, the decoder's first state and the tapes."""
        vectors, tokens = self.source.forward(source)
        if lengths is not None:
            check_lengths("lengths", lengths, *source.shape)
        hs, end, encoder_tape = _run(self.encoder, vectors, None, lengths, rng)
        ends = np.concatenate(list(state_parts(end)), axis=1)
        sums, bridge_tape = self.bridge.forward(ends)
        start = np.tanh(sums)
        tape = {"source": tokens, "encoder": encoder_tape, "bridge": bridge_tape, "start": start}
        return hs, _split(self.decoder, start), tape

    def _look_back(self, ss, hs, lengths, tape):
        """Return what the readout reads, and the attention's weights."""
        if self.attention is None:
            return ss, None
        contexts, weights, tape["attention"] = self.attention.forward(ss, hs, lengths)
        sums, tape["combine"] = self.combine.forward(np.concatenate([ss, contexts], axis=-1))
        tape["combined"] = np.tanh(sums)
        return tape["combined"], weights

    def backward(self, dlogits: np.ndarray, tape: dict[str, Any]) -> dict[str, np.ndarray]:
        """Return the gradients of all parameters, under the names of `params`."""
        grads = {}
        dout, grads["readout"] = self.readout.backward(dlogits, tape["readout"])
        dhs = 0
        if self.attention is not None:
            dsums = dout * dtanh(tape["combined"])
            dboth, grads["combine"] = self.combine.backward(dsums, tape["combine"])
            H = self.decoder.output_size
            dss, dhs, grads["attention"] = self.attention.backward(
                dboth[..., H:], tape["attention"]
            )
            dout = dboth[..., :H] + dss
        dout = np.ascontiguousarray(dout)
        dvectors, dstart, grads["decoder"] = self.decoder.backward(dout, tape["decoder"])
        _, grads["target"] = self.target.backward(dvectors, tape["target"])
        dstart = np.concatenate(list(state_parts(dstart)), axis=1) * dtanh(tape["start"])
        dends, grads["bridge"] = self.bridge.backward(dstart, tape["bridge"])
        T, N = tape["source"].shape
        dhs = dhs + np.zeros((T, N, self.encoder.output_size), self.encoder.dtype)
        dends = _split(self.encoder, dends)
        dvectors, _, grads["encoder"] = self.encoder.backward(dhs, tape["encoder"], dends)
        _, grads["source"] = self.source.backward(dvectors, tape["source"])
        return {f"{name}.{key}": g for name in self.layers for key, g in grads[name].items()}

    def set_params(self, params: dict[str, np.ndarray]) -> None:
        """Copy values into the model's own arrays."""
        check_params("params", params, self.params)
        for name, value in params.items():
            self.params[name][...] = value

    def decode(
        self,
        source: np.ndarray,
        lengths: np.ndarray | None = None,
        *,
        start: int,
        stop: int,
        max_steps: int,
        width: int = 1,
    ) -> Decoded:
        """Write the most probable target, as far as a search finds it.

        Parameters
        ----------
        source : ndarray of int, shape (T, N)
        lengths : ndarray of int, shape (N,), optional
        start, stop : int
            The tokens before the first and after the last.
        max_steps : int
            Most tokens to write.
        width : int, optional
            Beams kept per sample: 1 always takes the most probable next token; more follow
            several beginnings at once and return the most probable sequence that ended, or if
            none did, the most probable beginning.

        Returns
        -------
        Decoded
        """
        check_positive_int("width", width)
        check_positive_int("max_steps", max_steps)
        N = source.shape[1]
        hs, state, _ = self._encode(source, lengths)
        if lengths is None:
            lengths = np.full(N, len(source))
        beams = _Beams(N, width, start, stop)
        state = _take(state, beams.samples)
        for _ in range(max_steps):
            vectors, _ = self.target.forward(beams.last[None])
            ss, state, _ = _run(self.decoder, vectors, state, None, None)
            out, weights = self._look_back(ss, hs[:, beams.samples], lengths[beams.samples], {})
            logp = log_softmax(self.readout.forward(out)[0][0])
            chosen = beams.advance(logp, None if weights is None else weights[0])
            state = _take(state, chosen)
            if beams.done:
                break
        return beams.best(with_weights=self.attention is not None)


class _Beams:
    """The beginnings of sequences that a search follows, `width` rows per sample."""

    def __init__(self, N: int, width: int, start: int, stop: int) -> None:
        self.N, self.width, self.stop = N, width, stop
        self.samples = np.repeat(np.arange(N), width)
        self.last = np.full(N * width, start)
        # At first all beams of a sample are the same; only one of them counts.
        self.scores = np.where(np.arange(N * width) % width == 0, 0.0, -np.inf)
        self.tokens = np.zeros((0, N * width), int)
        self.weights: list[np.ndarray] = []
        self.ended = np.zeros(N * width, bool)

    @property
    def done(self) -> bool:
        """Whether every sample's most probable beam has ended, so that no other can pass it."""
        top = self.scores.reshape(self.N, self.width).argmax(1) + np.arange(self.N) * self.width
        return bool(self.ended[top].all())

    def advance(self, logp: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Go on with the best successors of each sample; return the rows that they come from."""
        V = logp.shape[1]
        # A sequence that has ended has one successor, itself.
        logp = np.where(self.ended[:, None], -np.inf, logp)
        logp[self.ended, self.stop] = 0
        scores = (self.scores[:, None] + logp).reshape(self.N, self.width * V)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, : self.width]
        rows = (kept // V + np.arange(self.N)[:, None] * self.width).ravel()
        self.last = (kept % V).ravel()
        self.scores = np.take_along_axis(scores, kept, 1).ravel()
        self.tokens = np.concatenate([self.tokens[:, rows], self.last[None]])
        self.weights = [old[rows] for old in self.weights]
        if weights is not None:
            self.weights.append(weights[rows])
        self.ended = self.ended[rows] | (self.last == self.stop)
        return rows

    def best(self, *, with_weights: bool) -> Decoded:
        """Return the most probable sequence of each sample."""
        scores = np.where(self.ended, self.scores, -np.inf).reshape(self.N, self.width)
        none_ended = ~self.ended.reshape(self.N, self.width).any(1)
        scores[none_ended] = self.scores.reshape(self.N, self.width)[none_ended]
        rows = scores.argmax(1) + np.arange(self.N) * self.width
        tokens, weights = [], []
        for row in rows:
            own = self.tokens[:, row]
            stops = np.flatnonzero(own == self.stop)
            own = own[: stops[0]] if len(stops) else own
            tokens.append(own)
            if with_weights:
                steps = self.weights[: len(own)]
                weights.append(np.array([step[row] for step in steps]))
        return Decoded(tokens, self.scores[rows], weights if with_weights else None)


def _run(layer, vectors, state, lengths, rng):
    """Run a layer; a stack takes the dropout's generator as well."""
    noise = {"rng": rng} if isinstance(layer, Stack) else {}
    return layer.forward(vectors, state, lengths, **noise)


def _split(layer, rows: np.ndarray):
    """Return rows (N, all parts side by side) as a state of a layer."""
    pattern = layer.zero_state(1)
    ends = np.cumsum([part.shape[1] for part in state_parts(pattern)])
    return state_like(pattern, map(np.ascontiguousarray, np.split(rows, ends[:-1], axis=1)))


def _take(state, rows: np.ndarray):
    """Return rows of a state."""
    return state_like(state, [part[rows] for part in state_parts(state)])
