"""What holds for every way of clustering."""

import inspect

import numpy as np
import pytest

from isogloss.concepts import cluster
from isogloss.concepts.methods import METHODS, Method, function_of
from isogloss.concepts.settings import Concepts
from isogloss.errors import IsoglossError
from isogloss.named import named
from isogloss.plan import plug_ins
from isogloss.plan.identity import reached

NAMES = [method.name for method in METHODS]


@pytest.mark.parametrize("name", NAMES)
def test_planted_groups_get_a_number_each(name):
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(4), 10)
    vectors = (rng.normal(0, 10, (4, 6))[groups] + rng.normal(0, 0.1, (40, 6))).astype(np.float32)
    labels = cluster.label(vectors, 4, name, 3, 1, "cpu")
    assert labels.dtype == np.int32
    assert len(set(zip(groups, labels, strict=True))) == 4
    assert set(labels) == set(range(4))
    assert np.array_equal(labels, cluster.label(vectors, 4, name, 3, 1, "cpu"))


@pytest.mark.parametrize("name", NAMES)
def test_more_clusters_than_words_that_differ_are_refused(name):
    with pytest.raises(IsoglossError, match="clusters"):
        cluster.label(np.ones((9, 3), dtype=np.float32), 4, name, 3, 1, "cpu")


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_a_method_says_of_itself_what_configs_and_clusters_ask(method):
    assert method.name in repr(Concepts.model_fields["method"].annotation)
    assert method.memory(1000) >= 0
    wanted = inspect.signature(named(function_of(method.name))).parameters
    assert list(wanted)[:2] == ["vectors", "clusters"]
    assert ("seed" in wanted) == method.seeded


@pytest.mark.parametrize("step", ["cluster", "cluster_halves"])
def test_a_step_hangs_on_no_method_but_the_one_in_its_params(step):
    modules = {module for module, _ in reached(f"isogloss.concepts.cluster:{step}")}
    assert not modules & {f"isogloss.concepts.methods.{name}" for name in NAMES}


@pytest.mark.parametrize(
    ("name", "told"), [("ward", "2 clusterings have the name 'ward'"), ("spectral", "there is no function")]
)
def test_a_mistake_is_told_when_the_workflow_starts(name, told):
    plug_ins.check_clusterings()
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_clusterings([*METHODS, Method(name, "Another")])


@pytest.mark.parametrize("wrong", [np.zeros(3, dtype=int), np.zeros(9)])
def test_labels_that_are_none_are_refused(monkeypatch, wrong):
    monkeypatch.setattr(cluster, "named", lambda function: lambda vectors, clusters, **more: wrong)
    with pytest.raises(IsoglossError, match=r"gave .* for 9 words; expected a whole number for each word"):
        cluster.label(np.ones((9, 3), dtype=np.float32), 4, "kmeans", 3, 1, "cpu")
