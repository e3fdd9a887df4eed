"""Mistakes of edits: languages, labels, layers and facts."""

from isogloss.config.checks.models import known_shape
from isogloss.config.root import Config
from isogloss.errors import did_you_mean
from isogloss.measures.edits.settings import Facts


def check_edits(config: Config) -> list[str]:
    """Find languages, labels, layers and facts that an edit is asked for and that are none."""
    edits = config.edits
    if not edits:
        return []
    wrong: list[str] = []
    chosen = {
        name: task
        for name, task in config.tasks.items()
        if task.kind == "sequence-classification"
        and task.same_items
        and name in (config.tasks if edits.tasks is None else edits.tasks)
    }
    if not chosen and not edits.facts:
        return [
            *wrong,
            "edits: there is no classification task, with the same items in every language, to edit, and no `facts`",
        ]
    known = {language for task in chosen.values() for language in task.data.languages}
    if edits.facts:
        wrong += check_facts(config, edits.facts)
        corpus = config.corpora.get(edits.facts.corpus)
        known |= set(corpus.languages) if corpus else set()
    wrong += [
        f"edits.languages: '{language}' is not among the languages of what is edited ({', '.join(sorted(known))})"
        for language in edits.languages or []
        if language not in known
    ]
    for name, task in chosen.items():
        labels = task.all_labels() or []
        if edits.wanted is not None and edits.wanted not in labels:
            hint = did_you_mean(edits.wanted, labels) or f"; it has {', '.join(labels)}"
            wrong.append(f"edits.wanted: the task '{name}' has no label '{edits.wanted}'{hint}")
    models = [model for task in chosen.values() for model in task.models]
    models += edits.facts.models if edits.facts else []
    for model in dict.fromkeys(models) if set(edits.weights) - {"all"} else ():
        shape = known_shape(config, model)
        if shape is None:
            continue  # said of the model
        depth = shape.depths[shape.family.reader]
        if shape.family.shared or depth < 3:
            has = "layers that all have the same weights" if shape.family.shared else f"{depth} layers"
            wrong.append(f"edits.weights: '{model}' has {has}, so no third of them can be edited; say [all]")
    return wrong


def check_facts(config: Config, facts: Facts) -> list[str]:
    """Find a corpus of which no facts are known, and models that answer no fact."""
    wrong = []
    corpus = config.corpora.get(facts.corpus)
    if corpus is None:
        hint = did_you_mean(facts.corpus, config.corpora)
        wrong.append(f"edits.facts.corpus: there is no corpus '{facts.corpus}'{hint}")
    elif corpus.kind != "microworld":
        wrong.append(
            f"edits.facts.corpus: '{facts.corpus}' is of the kind {corpus.kind}; facts are known of a microworld only"
        )
    for name in facts.models:
        if name not in config.models:
            wrong.append(f"edits.facts.models: there is no model '{name}'{did_you_mean(name, config.models)}")
            continue
        shape, made = known_shape(config, name), config.models[config.models[name].randomised or name].train
        if shape and shape.family.stacks != ("decoder",):
            wrong.append(
                f"edits.facts.models: '{name}' ({shape.model_type}) is no decoder alone, so it does not go on with a "
                "text; train one with `architecture: gpt`, or name another"
            )
        elif made and made.objective == "unified":
            wrong.append(f"edits.facts.models: '{name}' is unified: it answers in one language, whatever it reads")
    return wrong
