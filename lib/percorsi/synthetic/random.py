"""Randomness that is a function of seed, stream, person and index, and of nothing else.

A counter-based generator (the finaliser of splitmix64 over the four of them): whoever asks for a draw, in
whatever order, process or chunk, gets the same number. No state, no order of calls.
"""

import hashlib

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", dtype=np.uint8)


def mix(value: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64: a bijection of 64 bits without visible pattern."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


class Draws:
    """Draws of one seed. `person` and `index` are arrays of whole numbers that broadcast together."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._keys: dict[str, np.uint64] = {}

    def _key(self, stream: str) -> np.uint64:
        if stream not in self._keys:
            digest = hashlib.blake2b(f"{self.seed}:{stream}".encode(), digest_size=8).digest()
            self._keys[stream] = np.uint64(int.from_bytes(digest, "little"))
        return self._keys[stream]

    def bits(self, stream: str, person: np.ndarray, index: np.ndarray | int = 0) -> np.ndarray:
        """64 random bits for each (person, index) of a named stream."""
        first = mix(np.asarray(person).astype(np.uint64) + self._key(stream))
        with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
            second = np.asarray(index).astype(np.uint64) * _GOLDEN + _GOLDEN
        return mix(first ^ second)

    def uniform(self, stream: str, person: np.ndarray, index: np.ndarray | int = 0) -> np.ndarray:
        """Numbers in (0, 1), never an end point, so that logarithms and inverses are safe."""
        return ((self.bits(stream, person, index) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def happens(self, stream: str, person: np.ndarray, chance: np.ndarray | float, index: np.ndarray | int = 0):
        """True with probability `chance`."""
        return self.uniform(stream, person, index) < chance

    def exponential(self, stream: str, person: np.ndarray, mean: np.ndarray | float, index: np.ndarray | int = 0):
        """Exponential times of the given mean, in its unit."""
        return -np.log(self.uniform(stream, person, index)) * mean

    def normal(self, stream: str, person: np.ndarray, index: np.ndarray | int = 0) -> np.ndarray:
        """Standard normal numbers (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(stream, person, index)))
        return radius * np.cos(2.0 * np.pi * self.uniform(stream + "/angle", person, index))

    def integer(self, stream: str, person: np.ndarray, low, high, index: np.ndarray | int = 0) -> np.ndarray:
        """Whole numbers from `low` to `high`, both included."""
        width = np.asarray(high) - np.asarray(low) + 1
        return (np.asarray(low) + np.floor(self.uniform(stream, person, index) * width)).astype(np.int64)

    def pick(self, stream: str, person: np.ndarray, cumulative: np.ndarray, row=0, index: np.ndarray | int = 0):
        """Positions drawn by weights: `cumulative` is (rows, choices) running to 1, `row` says whose weights."""
        return choose(self.uniform(stream, person, index), cumulative, row)


def choose(u: np.ndarray, cumulative: np.ndarray, row: np.ndarray | int = 0) -> np.ndarray:
    """The position in row `row` of `cumulative` (rows, choices) at which the uniform `u` falls; int64."""
    rows, choices = cumulative.shape
    # all rows laid end to end, each lifted by its number, so that one binary search serves them all
    ends = (cumulative[:, :-1] + np.arange(rows)[:, None]).ravel()
    row = np.asarray(row, dtype=np.int64)
    found = np.searchsorted(ends, u + row, side="right")
    return np.clip(found - row * (choices - 1), 0, choices - 1)


def cumulative(weights) -> np.ndarray:
    """Weights (choices,) or (rows, choices), not necessarily of sum 1, as running shares (rows, choices)."""
    table = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    running = np.cumsum(table, axis=1)
    return running / running[:, -1:]


def identifiers(draws: Draws, stream: str, number: np.ndarray) -> np.ndarray:
    """Pseudo-random identifiers of 88 characters, formed as base 64 of 64 bytes; array of 'S88'."""
    words = draws.bits(stream, np.asarray(number)[:, None], np.arange(11)[None, :])
    letters = _ALPHABET[np.ascontiguousarray(words).view(np.uint8) & 63]
    letters[:, 86:] = ord("=")
    return np.ascontiguousarray(letters).view("S88").ravel()
