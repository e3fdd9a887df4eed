"""Every case of an input that people really have: understood, or refused in one line."""

import inputs  # noqa: F401  (the imports list the cases)
import model_inputs  # noqa: F401
import pytest
from world import CASES, World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("cases"))
    made.run()
    print("\n" + made.report())
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(CASES))
def test_case(world, number):
    assert world.verdicts.get(number), "nothing was looked at"
    assert not world.wrong.get(number), "\n".join(world.wrong[number])
