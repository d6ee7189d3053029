r"""Optimisers, which update parameters in place, and gradient clipping.

An optimiser counts its ``steps``; ``slots`` are the arrays that it keeps per parameter.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gatedrnn.validation import check_same_keys

__all__ = ["SGD", "Adam", "clip_by_global_norm", "global_norm"]

Arrays = Mapping[str, np.ndarray]


def _check_rate(learning_rate: float) -> float:
    if not np.isfinite(learning_rate) or learning_rate <= 0:
        raise ValueError(f"learning_rate: expected a positive number, got {learning_rate}")
    return float(learning_rate)


class SGD:
    r"""Stochastic gradient descent, with momentum if asked for.

    .. math::

        v \leftarrow \mu v + \mathrm d\theta, \qquad \theta \leftarrow \theta - \eta v

    Parameters
    ----------
    params : mapping of str to ndarray
        The arrays to update in place.
    learning_rate : float
        :math:`\eta`; may be changed between steps.
    momentum : float, optional
        :math:`\mu`, from 0 (none) to below 1.
    """

    def __init__(self, params: Arrays, learning_rate: float, momentum: float = 0.0) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum: expected a number from 0 to below 1, got {momentum}")
        self.params = params
        self.learning_rate = _check_rate(learning_rate)
        self.momentum = momentum
        self.steps = 0
        self.velocity = {name: np.zeros_like(value) for name, value in params.items()}
        self.slots = {"velocity": self.velocity}

    def step(self, grads: Arrays) -> None:
        """Update every parameter by its gradient."""
        check_same_keys("grads", grads, self.params)
        self.steps += 1
        for name, value in self.params.items():
            self.velocity[name] *= self.momentum
            self.velocity[name] += grads[name]
            value -= self.learning_rate * self.velocity[name]


class Adam:
    r"""Adam: steps scaled by running means of the gradient and of its square.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, \mathrm d\theta, &
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, \mathrm d\theta^2, \\
        \theta &\leftarrow \theta - \eta\,
            \frac{m / (1 - \beta_1^k)}{\sqrt{v / (1 - \beta_2^k)} + \epsilon}
            && \text{at the } k\text{-th step.}

    Parameters
    ----------
    params : mapping of str to ndarray
        The arrays to update in place.
    learning_rate : float, optional
        :math:`\eta`; may be changed between steps.
    betas : tuple of float, optional
    epsilon : float, optional

    References
    ----------
    Kingma and Ba (2015), algorithm 1.
    """

    def __init__(
        self,
        params: Arrays,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.params = params
        self.learning_rate = _check_rate(learning_rate)
        self.betas = betas
        self.epsilon = epsilon
        self.steps = 0
        self.mean = {name: np.zeros_like(value) for name, value in params.items()}
        self.square = {name: np.zeros_like(value) for name, value in params.items()}
        self.slots = {"mean": self.mean, "square": self.square}

    def step(self, grads: Arrays) -> None:
        """Update every parameter by its gradient."""
        check_same_keys("grads", grads, self.params)
        self.steps += 1
        beta1, beta2 = self.betas
        unbias1, unbias2 = 1 - beta1**self.steps, 1 - beta2**self.steps
        for name, value in self.params.items():
            grad, mean, square = grads[name], self.mean[name], self.square[name]
            mean += (1 - beta1) * (grad - mean)
            square += (1 - beta2) * (grad * grad - square)
            value -= (
                self.learning_rate / unbias1 * mean / (np.sqrt(square / unbias2) + self.epsilon)
            )


def global_norm(grads: Arrays) -> float:
    r"""Return :math:`\sqrt{\sum_k \lVert \mathrm d\theta_k \rVert^2}` over all arrays."""
    return float(np.sqrt(sum(np.vdot(grad, grad) for grad in grads.values())))


def clip_by_global_norm(grads: Arrays, max_norm: float) -> float:
    r"""Scale all gradients down together, in place, if their global norm exceeds `max_norm`.

    The direction of the step stays what it was; only its length is bounded.

    Parameters
    ----------
    grads : mapping of str to ndarray
        Changed in place.
    max_norm : float
        Largest norm left as it is.

    Returns
    -------
    float
        The norm before clipping.

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), algorithm 1.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm: expected a positive number, got {max_norm}")
    norm = global_norm(grads)
    if norm > max_norm:
        for grad in grads.values():
            grad *= max_norm / norm
    return norm
