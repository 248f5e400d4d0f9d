"""A model stated in PuLP, lowered once into the arrays that HiGHS takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pulp
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Lowered:
    """A linear model as arrays: minimise a cost subject to row bounds and column bounds."""

    lower: NDArray[np.float64]
    """[column]."""
    upper: NDArray[np.float64]
    """[column]."""
    whole: NDArray[np.bool_]
    """[column]: whether the variable is an integer."""
    row_lower: NDArray[np.float64]
    """[row]."""
    row_upper: NDArray[np.float64]
    """[row]."""
    starts: NDArray[np.int32]
    """[row + 1]: where each row's terms begin, and where the last one's end."""
    columns: NDArray[np.int32]
    """[term]."""
    values: NDArray[np.float64]
    """[term]."""

    @cached_property
    def matrix(self) -> csr_array:
        """The terms as a sparse matrix [row, column]."""
        shape = (len(self.row_lower), len(self.lower))
        return csr_array((self.values, self.columns, self.starts), shape=shape)


def lower(problem: pulp.LpProblem, variables: Sequence[pulp.LpVariable]) -> Lowered:
    """
    Lower a stated problem to arrays, rows in the order they were stated, columns in that of `variables`.

    PuLP hands a model over row by row; here the terms of all rows are read in one pass.

    Parameters
    ----------
    problem
        The constraints; its objective is left out.
    variables
        Every variable of the constraints.
    """
    rows = problem.constraints()
    terms = [row.expr for row in rows]
    lengths = np.fromiter(map(len, terms), np.int64, len(rows))
    count = int(lengths.sum())
    position = {variable.hash: column for column, variable in enumerate(variables)}
    hashes = map(attrgetter("hash"), chain.from_iterable(terms))
    columns = np.fromiter(map(position.__getitem__, hashes), np.int32, count)
    values = np.fromiter(chain.from_iterable(map(dict.values, terms)), np.float64, count)
    sense = np.fromiter(map(attrgetter("sense"), rows), np.int8, len(rows))
    right = -np.fromiter(map(attrgetter("constant"), rows), np.float64, len(rows))
    uppers = [variable.upBound for variable in variables]
    lowers = [variable.lowBound for variable in variables]
    return Lowered(
        lower=np.array([-np.inf if bound is None else bound for bound in lowers], dtype=np.float64),
        upper=np.array([np.inf if bound is None else bound for bound in uppers], dtype=np.float64),
        whole=np.array([variable.cat == pulp.LpInteger for variable in variables]),
        row_lower=np.where(sense == pulp.LpConstraintLE, -np.inf, right),
        row_upper=np.where(sense == pulp.LpConstraintGE, np.inf, right),
        starts=np.append(0, np.cumsum(lengths)).astype(np.int32),
        columns=columns,
        values=values,
    )


def hand_over(lowered: Lowered) -> highspy.Highs:
    """Return a HiGHS object, quiet and of one thread, that holds the model with no cost yet."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = len(lowered.row_lower), len(lowered.lower)
    model.col_cost_ = np.zeros(model.num_col_)
    model.col_lower_, model.col_upper_ = lowered.lower, lowered.upper
    model.row_lower_, model.row_upper_ = lowered.row_lower, lowered.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = lowered.starts
    model.a_matrix_.index_ = lowered.columns
    model.a_matrix_.value_ = lowered.values
    if lowered.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in lowered.whole]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.passModel(model)
    return highs
