"""A long list of codes as one regular expression.

Thousands of codes as SQL literals are thousands of nodes of a query plan, over which every rule of the optimizer goes.
As a pattern they are one; codes that begin alike share what they begin with. Spark writes the pattern into the Java
code that it makes, where a constant has at most 65,535 bytes.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

_END = ""


def code_pattern(codes: Iterable[str]) -> str:
    """A regular expression that the whole of each code matches, and no other text. Codes are not empty."""
    root: dict = {}
    for code in codes:
        node = root
        for letter in code:
            node = node.setdefault(letter, {})
        node[_END] = {}
    return _written(root)


def _written(node: dict) -> str:
    """The pattern of all that may follow a beginning."""
    letters = defaultdict(list)  # what may follow -> the letters after which it may
    for letter in sorted(set(node) - {_END}):
        letters[_written(node[letter])].append(letter)
    ways = [_one_of(before) + after for after, before in letters.items()]
    if not ways:
        return ""
    both = "|".join(ways)
    return f"(?:{both})?" if _END in node else both if len(ways) == 1 else f"(?:{both})"


def _one_of(letters: list[str]) -> str:
    escaped = [re.escape(letter) for letter in letters]
    return escaped[0] if len(escaped) == 1 else f"[{''.join(escaped)}]"
