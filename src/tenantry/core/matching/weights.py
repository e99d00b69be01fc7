"""What each term is worth, in log-odds. Made by bench/learn_weights.py; terms are explained in terms.py."""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {}
