"""Mistakes of what is measured: names of tasks, models, languages and distances, and clusterings."""

from isogloss.concepts.methods import BY_NAME as METHODS
from isogloss.concepts.settings import Concepts
from isogloss.config.checks.checkpoints import brought_for
from isogloss.config.checks.edits import check_edits
from isogloss.config.checks.models import known_shape
from isogloss.config.root import Config
from isogloss.errors import did_you_mean
from isogloss.states.pooling import poolings_of

# What the entries of a key are.
NAMED = {"tasks": "task", "corpora": "corpus", "models": "model"}


def check_measures(config: Config) -> list[str]:
    """Find names of tasks and models that a measure is asked for and that are none."""
    wrong = []
    for section, key, known in (
        ("space_similarity", "tasks", list(config.tasks)),
        ("space_similarity", "corpora", list(config.corpora)),
        ("probes", "tasks", list(config.tasks)),
        ("crossed", "tasks", list(config.tasks)),
        ("controls", "tasks", list(config.tasks)),
        ("edits", "tasks", list(config.tasks)),
        ("word_retrieval", "models", list(config.models)),
    ):
        for name in getattr(getattr(config, section), key, None) or []:
            if name not in known:
                hint = did_you_mean(name, known)
                wrong.append(f"{section}.{key}: there is no {NAMED[key]} '{name}'{hint}")
            elif key == "corpora":
                if not any(name in read_by(config, model) for model in config.models):
                    wrong.append(f"{section}.{key}: no model reads '{name}'; name it in `corpora` of one")
            elif section in ("space_similarity", "crossed", "edits") and not config.tasks[name].same_items:
                wrong.append(f"{section}.{key}: the test items of '{name}' are not the same in every language")
            elif (
                section in ("probes", "crossed", "controls", "edits")
                and (kind := config.tasks[name].kind) != "sequence-classification"
            ):
                wrong.append(f"{section}.{key}: '{name}' has no label of a whole item, being {kind}")
    similarity = config.space_similarity
    if similarity and not similarity.corpora and not (config.tasks if similarity.tasks is None else similarity.tasks):
        wrong.append("space_similarity.corpora: there is nothing to measure: name corpora, since there is no task")
    for section in ("crossed", "controls"):
        asked = getattr(config, section)
        known = tuned_on(config, asked.tasks) if asked else []
        for language in (asked.sources or []) if known else []:
            if language not in known:
                of_these = "" if asked.tasks is None else " of these"
                wrong.append(
                    f"{section}.sources: no task{of_these} is tuned on '{language}'; there are {', '.join(known)}"
                )
    return wrong + check_poolings(config) + check_edits(config)


def check_poolings(config: Config) -> list[str]:
    """Find sentence vectors that a measure is asked to take and that a model of its tasks does not have."""
    wrong = []
    for section in ("space_similarity", "probes"):
        asked = getattr(config, section)
        chosen = [
            name
            for name, task in config.tasks.items()
            if asked
            and name in (config.tasks if asked.tasks is None else asked.tasks)
            and (task.same_items if section == "space_similarity" else task.kind == "sequence-classification")
        ]
        models = [model for name in chosen for model in (*config.tasks[name].models, *brought_for(config, name))]
        on_corpora = set(asked.corpora) if asked and section == "space_similarity" else set()
        models += [model for model in config.models if on_corpora & set(read_by(config, model))]
        for model in dict.fromkeys(models):
            shape = known_shape(config, model)
            if shape is None:
                continue  # said of the model
            held = poolings_of(shape.family.summary, shape.family.reader)
            if asked.pooling not in held:
                wrong.append(
                    f"{section}.pooling: the {shape.family.reader} of '{model}' ({shape.model_type}) has the sentence "
                    f"vectors {', '.join(held)}; found '{asked.pooling}'"
                )
    return wrong


def read_by(config: Config, model: str) -> list[str]:
    """List the corpora that a model is measured on."""
    chosen = config.models[model].corpora
    return list(config.corpora) if chosen is None else chosen


def tuned_on(config: Config, tasks: list[str] | None) -> list[str]:
    """List the languages that some classification tasks, or all, are tuned on, here or elsewhere."""
    chosen = [
        name
        for name, task in config.tasks.items()
        if task.kind == "sequence-classification" and name in (tasks or config.tasks)
    ]
    here = {source for name in chosen for source in config.tasks[name].sources}
    brought = {
        one.source for model in config.models.values() for one in model.checkpoints.values() if one.task in chosen
    }
    return sorted(here | brought)


def distances(config: Config) -> list[str]:
    """List the distances that a config has of all models alike."""
    from isogloss.microworld import MICROWORLD_FAMILIES

    own = MICROWORLD_FAMILIES if config.impact.microworld_distances else ()
    return [*config.impact.families, *own, *(["lexical"] if config.impact.lexical else [])]


def check_impact(config: Config) -> list[str]:
    """Find a distance that a regression shall have beside others and that there is not."""
    known = [*distances(config), *(["subword"] if config.impact.subword else [])]
    return [
        f"impact.beside: '{name}' is not among this config's distances ({', '.join(known)}){did_you_mean(name, known)}"
        for name in config.impact.beside
        if name not in known
    ]


def check_concepts(concepts: Concepts) -> list[str]:
    """Find a clustering that is asked to run where it cannot."""
    wrong = []
    method = METHODS[concepts.method]
    if concepts.device != "cpu" and not method.on_gpu:
        wrong.append(f"concepts.device: {method.title} runs on a CPU only; found '{concepts.device}'")
    if len(concepts.seeds) > 1 and not method.seeded:
        wrong.append(f"concepts.seeds: {method.title} has no seed, so that all its clusterings are the same; give one")
    return wrong
