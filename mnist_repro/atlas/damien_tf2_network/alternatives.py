"""What Damien's notebook did when it printed its accuracy, and what else it might have done."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.damien_tf2_network.experiments import EXPERIMENTS
from mnist_repro.documents import Loss, vary

(_NETWORK,) = EXPERIMENTS
_FIRST, _, _OUTPUT = _NETWORK.layers
_TWICE = Loss(kind="softmax twice")

ALTERNATIVES = (
    vary(
        _NETWORK,
        "older-code",
        choice="network and loss",
        change="one hidden layer of 128, and softmax twice, as in the code of April 2019",
        seeds=20,
        layers=(_FIRST, _OUTPUT),
        loss=_TWICE,
    ),
    vary(_NETWORK, "softmax-twice", choice="loss", change="softmax twice, as in the code of May 2020", loss=_TWICE),
    vary(_NETWORK, "one-hidden", choice="network", change="one hidden layer of 128", layers=(_FIRST, _OUTPUT)),
    vary(
        _NETWORK,
        "as-stored",
        choice="training order",
        change="as stored",
        training=replace(_NETWORK.training, order="as stored"),
    ),
)
