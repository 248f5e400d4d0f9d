"""Children of one age that a dwelling of each type is stated to bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.tables import figures, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.district.model import District
    from planner.policy import Policy


def stated_yields(district: District, policy: Policy, kinds: Iterable[object]) -> NDArray[np.float64]:
    """
    Return children of one age per dwelling at full occupancy, by type of dwelling [type]. [children]

    The district's table `yields` holds before the policy's figure of the type, that before the policy's of all.
    """
    table = district["yields"]
    each = figures(table, "children_per_dwelling")
    told = np.isfinite(each)
    own = dict(zip(texts(table, "kind")[told].tolist(), each[told].tolist(), strict=True))
    known = {**policy.children_per_dwelling_by_kind, **own}
    return np.array([known.get(str(kind), policy.children_per_dwelling) for kind in kinds], dtype=np.float64)
