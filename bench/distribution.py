"""Percentiles and histograms of times in milliseconds."""

import math
from collections.abc import Sequence
from itertools import pairwise

EDGES = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000)
"""Of the histogram's classes, in milliseconds; the last class has no end."""
BAR = 40
"""Characters of the longest bar."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of them (0 to 1) do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def histogram(milliseconds: Sequence[float]) -> list[str]:
    """Draw a line for each class, from the first that holds a value to the last."""
    bounds = [*pairwise((-math.inf, *EDGES[1:])), (EDGES[-1], math.inf)]
    counts = [sum(low <= value < high for value in milliseconds) for low, high in bounds]
    held = [index for index, count in enumerate(counts) if count]
    if not held:
        return []
    longest = max(counts)
    lines = []
    for index in range(held[0], held[-1] + 1):
        low, high = bounds[index]
        name = f"over {low:g}" if math.isinf(high) else f"{EDGES[index]:g} to {high:g}"
        bar = "█" * math.ceil(BAR * counts[index] / longest)
        lines.append(f"{name:>12} ms {counts[index]:>4} {bar}".rstrip())
    return lines
