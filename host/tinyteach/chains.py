"""Which of many points hang together by way of near ones, without comparing all with all.

A k-d tree of their few directions of most variance (Bentley, "Multidimensional binary search trees
used for associative searching", 1975) leaves out what is far apart already in those; what is left
is compared in full. So each of many takes little longer than each of few. Only where most lie
within the radius of most, all are compared with all.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]  # N × D
# Whether two rows of points may be near, by what else is known of them: bool, rows × columns.
Also = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool]]

FEW = 2000  # points that are compared with all as quickly
ROWS = 256  # compared at once
_DIRECTIONS = 12  # of a tree: more tell more apart, and are slower to search
_SAMPLE = 512  # points that the directions are computed of
_ROUNDING = 1e-3


def chained(
    points: Points,
    radius: float,
    turned: Callable[[Points], Points] | None = None,
    also: Also | None = None,
) -> NDArray[np.intp]:
    """For each point the first that it hangs together with, by way of others or itself: int, N.

    Near are two whose distance is no more than ``radius``; with ``turned``, which makes other
    points of some, such as a mirror image's, also where one is near to what the other becomes.
    ``also`` is a condition more.
    """
    groups = np.arange(len(points))
    for turn in (_as_it_is, turned) if turned else (_as_it_is,):
        for rows, columns in _candidates(points, turn, radius):
            near = _within(turn(points[rows]), points[columns], radius)
            if also:
                near &= also(rows, columns)
            first, second = np.nonzero(near)
            groups = _joined(groups, rows[first], columns[second])
    firsts = np.full(len(points), len(points))
    np.minimum.at(firsts, groups, np.arange(len(points)))
    found: NDArray[np.intp] = firsts[groups]
    return found


def _candidates(
    points: Points, turn: Callable[[Points], Points], radius: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows with the columns that any of them, turned, can be near to."""
    everything = np.arange(len(points))
    if len(points) <= FEW:
        yield from ((rows, everything) for rows in _blocks(everything))
        return
    from scipy.spatial import KDTree

    along = _directions(points)
    tree = KDTree(points @ along)
    reach = radius * (1 + _ROUNDING) + _ROUNDING
    for rows in _blocks(tree.indices):  # neighbours together: their candidates are few
        found = tree.query_ball_point(turn(points[rows]) @ along, reach, return_sorted=False)
        yield rows, np.unique(np.concatenate([np.asarray(each, int) for each in found]))


def _as_it_is(points: Points) -> Points:
    return points


def _blocks(order: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [order[start : start + ROWS] for start in range(0, len(order), ROWS)]


def _directions(points: Points) -> Points:
    """Those of most variance, of length one: float32, D × few."""
    some = points[:: max(1, len(points) // _SAMPLE)].astype(np.float64)
    some -= some.mean(axis=0)
    sizes, vectors = np.linalg.eigh(some @ some.T)
    sizes, vectors = sizes[-_DIRECTIONS:], vectors[:, -_DIRECTIONS:]
    # One along which hardly anything varies is rounding: it tells nothing apart.
    kept = sizes > 1e-6 * max(float(sizes[-1]), 1e-6)
    along = some.T @ (vectors * kept) / np.sqrt(np.where(kept, sizes, 1))
    found: Points = along.astype(np.float32)
    return found


def _within(some: Points, others: Points, radius: float) -> NDArray[np.bool]:
    """Which rows are near which, by their products: bool, S × N."""
    lengths = (some**2).sum(1)[:, None] + (others**2).sum(1)
    near: NDArray[np.bool] = lengths - 2 * some @ others.T <= radius**2 + _ROUNDING
    return near


def _joined(
    groups: NDArray[np.intp], one: NDArray[np.intp], other: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The groups in which points are, where each of ``one`` is with its ``other``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = groups[one], groups[other]
    graph = coo_array((np.ones(len(one), bool), pairs), (len(groups),) * 2)
    found: NDArray[np.intp] = connected_components(graph, directed=False)[1][groups]
    return found
