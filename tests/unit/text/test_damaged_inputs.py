"""Every input is understood as it was meant, or refused with its place: hundreds of random ones, of many kinds."""

import re

import numpy as np
import pytest
from damaged_inputs import KINDS, VARIANTS, Refused

from isogloss.errors import IsoglossError


@pytest.mark.parametrize("name", KINDS)
def test_it_is_read_right_or_refused(name, tmp_path):
    for seed in range(VARIANTS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        call, right = KINDS[name](np.random.default_rng([seed, len(name)]), folder)
        if not isinstance(right, Refused):
            assert call() == right, f"variant {seed}"
            continue
        with pytest.raises(IsoglossError) as caught:
            call()
        assert re.search(right.pattern, str(caught.value)), f"variant {seed}: {caught.value}"
        assert "\n" not in str(caught.value)


def test_there_are_enough():
    assert VARIANTS * len(KINDS) >= 150
