"""Output of sympy's own runner."""

import re

from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.log_parsers.sympy import parse_sympy

LOG = """
sympy/core/tests/test_numbers.py[5]
test_mod ok
test_divmod F
test_float E
test_slow s
test_known f
test_last ok                                                             [FAIL]
________________________________________________________________________________
_____________ sympy/core/tests/test_numbers.py:test_divmod ______________
  File "/opt/sympy/core/numbers.py", line 1, in x
"""


def test_results_and_tracebacks():
    assert parse_sympy(LOG) == {
        "sympy/core/tests/test_numbers.py:test_divmod": "FAILED",
        "test_mod": "PASSED",
        "test_divmod": "FAILED",
        "test_float": "ERROR",
    }


@given(st.lists(st.sampled_from(["_", " ", "a", ".py:", "\n", "b.py"]), max_size=20).map("".join))
def test_headings_are_those_of_the_pattern(log):
    named = {f"{found[1]}.py:{found[2]}" for found in re.findall(r"(_*) (.*)\.py:(.*) (_*)", log)}
    assert set(parse_sympy(log)) == named
