import numpy as np
import pandas as pd
import pytest
from scipy import stats

from isogloss.errors import IsoglossError
from isogloss.relations.correlations import COLUMNS, write_correlations
from isogloss.relations.distances import relatedness
from isogloss.report.findings import relations
from isogloss.statistics.mantel import benjamini_hochberg, mantel
from isogloss.statistics.mrqap import regress
from isogloss.statistics.social_relations import social_relations

LANGUAGES = ["ar", "bg", "de", "el", "en", "fr", "na"]
N = len(LANGUAGES)
LAYERS = 3
OFF = ~np.eye(N, dtype=bool)


def world(rng, sources=LANGUAGES):
    """Tables where impact grows with genetic distance from layer 1 on, and transfer falls with impact in layer 2."""
    points = rng.normal(size=(2, N, 3))
    apart = dict(zip(("genetic", "random"), np.linalg.norm(points[:, :, None] - points[:, None], axis=3), strict=True))
    impact = 0.1 * rng.normal(size=(LAYERS, N, N))
    impact[1:] += apart["genetic"]
    score = -0.2 * impact[2] + 0.01 * rng.normal(size=(N, N))
    rows = {"impact": [], "transfer": [], "distances": [], "concepts": [], "baselines": []}
    for s, source in enumerate(LANGUAGES):
        for t, target in enumerate(LANGUAGES):
            for name, matrix in apart.items():
                if s < t:
                    rows["distances"].append((source, target, name, matrix[s, t], ""))
            if source not in sources:
                continue
            rows["baselines"] += [(name, "nli", source, target, 0.1 * ((s + 2 * t) % 3), s % 2) for name in ("a", "b")]
            for seed, noise in ((1, 0.003), (2, -0.003)):
                checkpoint = f"nli-{source}-{seed}"
                who = ("m", checkpoint, "nli", "", seed, source, target)
                # What stands on the diagonal must not matter.
                moved = 1000 if s == t else 0
                for layer in range(LAYERS):
                    value = impact[layer, s, t] + noise + moved
                    rows["impact"].append((*who, layer, "mean", value, value / 2))
                    for other in LANGUAGES:
                        aligned = -score[s, t] * layer if other == source else 9
                        rows["concepts"].append(
                            ("m", checkpoint, "nli", "xnli", other, target, "encoder", layer, "aligned", aligned)
                        )
                rows["transfer"].append((*who, "accuracy", score[s, t] - noise + moved, 2 * score[s, t]))
    study = ["model", "checkpoint", "task", "variant", "seed", "source", "target"]
    columns = {
        "impact": [*study, "layer", "pooling", "impact", "impact_debiased"],
        "transfer": [*study, "measure", "score", "relative"],
        "distances": ["source", "target", "distance", "value", "reason"],
        "baselines": ["baseline", "task", "source", "target", "shared", "script"],
        "concepts": ["model", "checkpoint", "task", "corpus", *study[-2:], "kind", "layer", "measure", "value"],
    }
    tables = {name: pd.DataFrame(rows[name], columns=columns[name]) for name in rows}
    return tables, apart, impact, score


def with_spaces(tables, score, rng):
    """Add tables of similarity: transfer grows with one measure in layer 1 before tuning, and in layer 2 after."""
    similarity, words = [], []
    tuned = tables["transfer"][["checkpoint", "source"]].drop_duplicates().itertuples(index=False)
    for checkpoint, tuned_on in [("pretrained", None), *tuned]:
        for layer in range(LAYERS):
            related = layer == (2 if tuned_on else 1)
            values = score if related else rng.normal(size=score.shape)
            for s, source in enumerate(LANGUAGES):
                similarity.append(("m", checkpoint, "nli", source, "", layer, "mean", "centred", "anisotropy", 1.0))
                for t, target in enumerate(LANGUAGES):
                    # Pairs of languages that it was not tuned on must not matter.
                    value = values[s, t] if tuned_on in (None, source) else 7
                    if s != t:
                        row = ("m", checkpoint, "nli", source, target, layer, "mean", "centred", "retrieval", value)
                        similarity += [row, (*row[:7], "raw", "retrieval", 5.0)]
                        words.append(("m", checkpoint, "flores", source, target, layer, "raw", "weak", "type", value))
            similarity.append(("m", checkpoint, "nli", "de", "en", layer, "mean", "centred", "cka", np.nan))
    places = ["source", "target", "layer"]
    columns = ["model", "checkpoint", "task", *places, "pooling", "vectors", "measure", "value"]
    tables["similarity"] = pd.DataFrame(similarity, columns=columns)
    columns = ["model", "checkpoint", "corpus", *places, "vectors", "measure", "unit", "value"]
    tables["words"] = pd.DataFrame(words, columns=columns)


def correlated(folder, tables, draws=199, **options):
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    paths = {name: folder / f"{name}.csv" for name in ("impact", "transfer", "distances", "baselines")}
    concepts = folder / "concepts.csv" if "concepts" in tables else None
    extra = {name: folder / f"{name}.csv" for name in ("similarity", "words", "subwords") if name in tables}
    plain = {"concepts": concepts, "draws": draws, "seed": 5, "controls": {}, "output": folder / "out.csv"}
    write_correlations(**{**paths, **extra, **plain, **options})
    numbers = [
        column
        for column in COLUMNS
        if column in ("r", "low", "high", "partial_r", "beta_mixed") or column.startswith("p_")
    ]
    return pd.read_csv(folder / "out.csv", keep_default_na=False, na_values=dict.fromkeys(numbers, ""))


def one(table, **names):
    for column, value in names.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    tables, *truth = world(np.random.default_rng(0))
    return correlated(tmp_path_factory.mktemp("planted"), tables), *truth


def test_a_row_for_every_question(planted):
    table, *_ = planted
    assert list(table.columns.drop("control_of")) == COLUMNS
    # (layers + mean) x distances x 2 forms of impact x 2 statistics; and so on.
    counts = {"impact-distance": 4 * 2 * 2 * 2, "impact-transfer": 4 * 2 * 2 * 2}
    assert table.relation.value_counts().to_dict() == {
        **counts,
        "distance-transfer": 2 * 2 * 2,
        "alignment-transfer": 4 * 2 * 2,
    }
    assert (table.n == N * (N - 1)).all()
    assert table[table.relation == "impact-distance"].layer.unique().tolist() == ["0", "1", "2", "mean"]
    assert (table[table.relation == "distance-transfer"][["layer", "pooling", "impact"]] == "").all(axis=None)


def test_planted_relations_are_found_and_no_others(planted):
    table, apart, impact, score = planted
    row = one(table, relation="impact-distance", layer="1", distance="genetic", impact="impact", statistic="pearson")
    assert row.r == pytest.approx(stats.pearsonr(impact[1][OFF], apart["genetic"][OFF])[0], abs=1e-9)
    assert row.r > 0.8
    assert row.p_mantel < 0.02
    assert row.p_mantel_adjusted < 0.05
    mean = one(table, relation="impact-transfer", layer="mean", impact="impact", transfer="score", statistic="spearman")
    assert mean.r == pytest.approx(stats.spearmanr(impact.mean(0)[OFF], score[OFF])[0], abs=1e-9)
    row = one(table, relation="impact-transfer", layer="2", impact="impact", transfer="relative", statistic="pearson")
    assert row.r < -0.9
    assert row.p_mantel == pytest.approx(0.005)
    row = one(table, relation="distance-transfer", distance="random", transfer="score", statistic="pearson")
    assert row.p_mantel > 0.05
    # Alignment of other source languages was 9 and would spoil this.
    row = one(table, relation="alignment-transfer", layer="1", transfer="relative", statistic="pearson")
    assert row.r == pytest.approx(-1)
    assert one(table, relation="alignment-transfer", layer="0", transfer="score", statistic="pearson").reason


@pytest.mark.parametrize("sources", [LANGUAGES, ["bg", "de", "en", "na"]])
def test_similarity_of_spaces_before_and_after_tuning(tmp_path, sources):
    rng = np.random.default_rng(0)
    tables, apart, impact, score = world(rng, sources)
    with_spaces(tables, score, rng)
    table = correlated(tmp_path, tables)
    # (layers + mean) x states x forms of transfer, distances or forms of impact x statistics.
    expected = {"similarity-transfer": 4 * 2 * 2 * 2, "words-transfer": 4 * 2 * 2 * 2}
    expected |= {"distance-similarity": 4 * 2 * 2, "similarity-impact": 4 * 2 * 2 * 2}
    assert table.relation.value_counts()[list(expected)].to_dict() == expected
    for relation, name in (("similarity-transfer", "retrieval"), ("words-transfer", "weak_type")):
        for state, layer in (("pretrained", "1"), ("tuned", "2")):
            names = {"relation": relation, "state": state, "transfer": "relative", "statistic": "pearson"}
            row = one(table, **names, layer=layer, similarity=name)
            assert row.r == pytest.approx(1)
            assert row.n == len(sources) * (N - 1)
            assert row.p_mantel < 0.05
            assert one(table, **names, layer="0", similarity=name).r < 0.6
    names = {"relation": "distance-similarity", "state": "pretrained", "layer": "1", "statistic": "pearson"}
    row = one(table, **names, distance="genetic")
    # All pairs, whatever was tuned.
    assert row.r == pytest.approx(stats.pearsonr(score[OFF], apart["genetic"][OFF])[0])
    names = {"relation": "similarity-impact", "state": "tuned", "layer": "2", "statistic": "pearson"}
    row = one(table, **names, impact="impact")
    chosen = OFF & np.isin(LANGUAGES, sources)[:, None]
    assert row.r == pytest.approx(stats.pearsonr(score[chosen], impact[2][chosen])[0])


def test_what_languages_have_in_common_is_taken_out(planted):
    table, apart, impact, _ = planted
    row = one(table, relation="impact-distance", layer="mean", distance="random", impact="impact", statistic="pearson")
    assert row.covariates == "family, script, shared"
    common = [0.1 * ((np.arange(N)[:, None] + 2 * np.arange(N)) % 3), np.arange(N)[:, None] % 2 + np.zeros(N)]
    sides = apart["random"], impact.mean(0), np.stack(common[::-1]), relatedness(LANGUAGES), np.ones(N, dtype=bool)
    given, mixed = regress(*sides, 199, 5), social_relations(*sides)
    assert (row.partial_r, row.p_mrqap) == pytest.approx((given["partial_r"], given["p_mrqap"]))
    assert (row.beta_mixed, row.p_mixed) == pytest.approx((mixed["beta_mixed"], mixed["p_mixed"]), rel=1e-3)
    assert row.p_mrqap_adjusted >= row.p_mrqap
    # Genetic distance is the family, and beyond it nothing can be asked of it.
    row = one(table, relation="impact-distance", layer="1", distance="genetic", impact="impact", statistic="pearson")
    assert row.covariates == "script, shared"
    assert row.p_mrqap < 0.05
    # By single layers there is no mixed model, nor of ranks.
    assert np.isnan(row.p_mixed)
    assert table[table.statistic == "spearman"].p_mixed.isna().all()


def test_two_distances_at_once(tmp_path):
    """What goes with one distance by way of another is gone beside it; what goes with that other stays."""
    rng = np.random.default_rng(4)
    tables, apart, *_ = world(rng)
    other = apart["random"] + 0.2 * np.abs(rng.normal(size=(N, N)))
    rows = tables["impact"]
    places = [(LANGUAGES.index(row.source), LANGUAGES.index(row.target)) for row in rows.itertuples()]
    rows["impact"] = [apart["random"][place] for place in places] + 0.1 * rng.normal(size=len(rows))
    more = [(LANGUAGES[s], LANGUAGES[t], "second", other[s, t], "") for s in range(N) for t in range(s)]
    tables["distances"] = pd.concat([tables["distances"], pd.DataFrame(more, columns=tables["distances"].columns)])
    (tmp_path / "alone").mkdir()
    names = {"relation": "impact-distance", "impact": "impact", "statistic": "pearson", "layer": "mean"}
    alone, both = (
        {distance: one(table, **names, distance=distance) for distance in ("second", "random", "genetic")}
        for table in (correlated(tmp_path / "alone", tables), correlated(tmp_path, tables, beside=["random"]))
    )
    assert alone["second"].partial_r > 0.8
    assert alone["second"].covariates == "family, script, shared"
    assert both["second"].covariates == "family, script, shared, random"
    assert abs(both["second"].partial_r) < 0.5
    assert both["second"].p_mrqap > alone["second"].p_mrqap
    # A distance is not taken out of itself, and correlations are as they were.
    assert both["random"].partial_r == pytest.approx(alone["random"].partial_r)
    assert both["random"].covariates == alone["random"].covariates
    assert both["second"].r == pytest.approx(alone["second"].r)
    assert both["genetic"].covariates == "script, shared, random"


def test_a_distance_of_one_model_is_a_distance_of_that_model_alone(tmp_path):
    tables, apart, impact, score = world(np.random.default_rng(7))
    with_spaces(tables, score, np.random.default_rng(8))
    pairs = [(s, t) for s in range(N) for t in range(N) if s != t]
    rows = [
        (model, LANGUAGES[s], LANGUAGES[t], "subword", value[s, t], "")
        for model, value in (("another", np.ones((N, N))), ("m", apart["random"]))
        for s, t in pairs
    ]
    tables["subwords"] = pd.DataFrame(rows, columns=["model", "source", "target", "distance", "value", "reason"])
    table = correlated(tmp_path, tables, beside=["subword"])
    assert set(table.distance) == {"", "genetic", "random", "subword"}
    names = {"statistic": "pearson", "layer": "mean"}
    row = one(table, relation="impact-distance", impact="impact", distance="subword", **names)
    assert row.r == pytest.approx(stats.pearsonr(impact.mean(0)[OFF], apart["random"][OFF])[0])
    # Words that are written alike are subwords that are: they are no covariate of it.
    assert row.covariates == "family, script"
    assert one(table, relation="distance-similarity", distance="subword", **names).n == N * (N - 1)
    row = one(table, relation="distance-transfer", distance="subword", transfer="score", statistic="pearson")
    assert row.r == pytest.approx(stats.pearsonr(score[OFF], apart["random"][OFF])[0])
    # Two distances at once.
    row = one(table, relation="distance-transfer", distance="genetic", transfer="score", statistic="pearson")
    assert row.covariates == "script, shared, subword"


def test_pairs_that_a_distance_beside_takes_along_are_counted(tmp_path):
    tables, *_ = world(np.random.default_rng(4))
    far = tables["distances"]
    gone = (far.distance == "random") & (far[["source", "target"]] == LANGUAGES[-1]).any(axis=1)
    second = far[far.distance == "random"].assign(distance="second")
    second["value"] = np.random.default_rng(5).permutation(second.value)
    tables["distances"] = pd.concat([far.assign(value=far.value.mask(gone)), second])
    table = correlated(tmp_path, tables, beside=["random"])
    names = {"relation": "impact-distance", "impact": "impact", "statistic": "pearson", "layer": "mean"}
    row = one(table, **names, distance="second")
    assert np.isfinite(row.p_mrqap)
    assert f"Regression without {2 * (N - 1)} pairs, of which no random is known." in row.reason


def test_a_language_without_a_known_family_is_named(tmp_path):
    tables, *_ = world(np.random.default_rng(6))
    tables = {name: rows.replace({"source": {"bg": "xx"}, "target": {"bg": "xx"}}) for name, rows in tables.items()}
    del tables["concepts"]
    table = correlated(tmp_path, tables)
    row = one(table, relation="impact-distance", layer="mean", distance="random", impact="impact", statistic="pearson")
    assert row.reason == "Regression without xx: no family is known."
    assert row.languages == N
    assert np.isfinite([row.p_mantel, row.p_mrqap]).all()


def test_without_shared_words_known_they_are_no_covariate(tmp_path):
    tables, *_ = world(np.random.default_rng(6))
    tables["baselines"] = tables["baselines"][:0]
    table = correlated(tmp_path, {**tables, "concepts": tables["concepts"][:0]})
    assert set(table.covariates) == {"family", ""}


def test_p_values_are_those_of_the_test_and_adjusted_in_families(planted):
    table, apart, impact, _ = planted
    row = one(table, relation="impact-distance", layer="0", distance="random", impact="impact", statistic="spearman")
    assert row.p_mantel == mantel(apart["random"], impact[0], np.ones(N, dtype=bool), 199, 5, "spearman")[1]
    family = table[
        (table.relation == "impact-distance") & (table.impact == "impact_debiased") & (table.statistic == "pearson")
    ]
    assert len(family) == 8
    for p in ("p_mantel", "p_ordinary", "p_mrqap"):
        adjusted = benjamini_hochberg(family[p])
        assert family[f"{p}_adjusted"].to_numpy() == pytest.approx(adjusted)


def test_same_bytes_whatever_the_order_of_rows(tmp_path):
    tables, *_ = world(np.random.default_rng(1))
    correlated(tmp_path, tables)
    first = (tmp_path / "out.csv").read_bytes()
    correlated(tmp_path, {name: table.sample(frac=1, random_state=3) for name, table in tables.items()})
    assert (tmp_path / "out.csv").read_bytes() == first


def test_one_source_language(tmp_path):
    tables, apart, impact, _ = world(np.random.default_rng(2), sources=["en"])
    del tables["concepts"]
    table = correlated(tmp_path, tables, draws=999)
    assert set(table.relation) == {"impact-distance", "impact-transfer", "distance-transfer"}
    row = one(table, relation="impact-distance", layer="2", distance="genetic", impact="impact", statistic="pearson")
    en = LANGUAGES.index("en")
    others = np.arange(N) != en
    assert (row.n, row.languages) == (N - 1, N)
    assert row.r == pytest.approx(stats.pearsonr(impact[2, en, others], apart["genetic"][en, others])[0], abs=1e-9)
    # 6! = 720 permutations of the targets, all of them.
    assert row.p_mantel * 720 == pytest.approx(round(row.p_mantel * 720), abs=1e-6)


def test_too_few_languages_give_a_reason(tmp_path):
    tables, *_ = world(np.random.default_rng(3), sources=["de", "en"])
    few = {
        name: rows[rows.source.isin(LANGUAGES[2:5]) & rows.target.isin(LANGUAGES[2:5])] for name, rows in tables.items()
    }
    table = correlated(tmp_path, few)
    assert table.r.isna().all()
    assert (table.reason == "3 languages with both values; at least 4 are needed.").all()


@pytest.mark.parametrize("count", [3, 4, 6, 7])
def test_no_sentence_speaks_of_a_correlation_of_too_few_languages(tmp_path, count):
    tables, *_ = world(np.random.default_rng(5))
    few = LANGUAGES[:count]
    tables = {name: rows[rows.source.isin(few) & rows.target.isin(few)] for name, rows in tables.items()}
    tables |= {name: tables[name].assign(variant="whole") for name in ("impact", "transfer")}
    # The strongest relation that there can be.
    moved = tables["impact"].groupby(["checkpoint", "target"]).impact.mean().rename("moved")
    scores = tables["transfer"].merge(moved, on=["checkpoint", "target"])
    tables["transfer"] = scores.assign(score=-scores.moved).drop(columns="moved")
    table = correlated(tmp_path, tables)
    rows = one(table, relation="impact-transfer", layer="mean", statistic="pearson", impact="impact", transfer="score")
    told = [
        finding for finding in relations.correlations({"correlations": table}) if finding.figure == "transfer_by_impact"
    ]
    assert [finding.found for finding in told] == [count >= 5]
    assert np.isfinite(rows.p_mrqap) == (count >= 5)
    if count < 5:
        assert told[0].sentence == f"whether impact correlates with transfer cannot be told. {rows.reason}"


def test_nothing_fine_tuned_gives_an_empty_table(tmp_path):
    tables, *_ = world(np.random.default_rng(4))
    table = correlated(tmp_path, {name: rows[:0] for name, rows in tables.items()})
    assert list(table.columns.drop("control_of")) == COLUMNS
    assert table.empty


def test_wrong_tables_are_named(tmp_path):
    tables, *_ = world(np.random.default_rng(4))
    tables["impact"] = tables["impact"].drop(columns="pooling")
    with pytest.raises(IsoglossError, match=r"impact.csv lacks the column pooling; it has model, checkpoint"):
        correlated(tmp_path, tables)
