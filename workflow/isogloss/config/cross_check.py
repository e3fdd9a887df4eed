"""Mistakes that show only when sections are read together."""

from collections.abc import Iterator

from isogloss.config.checks.checkpoints import check_checkpoints
from isogloss.config.checks.corpora import check_corpus, check_selection
from isogloss.config.checks.measures import check_concepts, check_impact, check_measures
from isogloss.config.checks.models import check_model
from isogloss.config.checks.results import check_results
from isogloss.config.checks.tasks import check_task
from isogloss.config.root import Config
from isogloss.section import Label, Section

LABELS = list[Label] | None  # of tasks, which `check_labels` reads


def cross_check(config: Config) -> list[str]:
    """Find mistakes that show only when sections are read together."""
    if not config.corpora and not config.tasks:
        return ["top level: there is nothing to measure; name `corpora`, `tasks` or both"]
    return [
        *twice(config),
        *(message for name, corpus in config.corpora.items() for message in check_corpus(f"corpora.{name}", corpus)),
        *(message for name, model in config.models.items() for message in check_model(f"models.{name}", model, config)),
        *(message for name, task in config.tasks.items() for message in check_task(f"tasks.{name}", task, config)),
        *check_checkpoints(config),
        *check_concepts(config.concepts),
        *check_measures(config),
        *check_impact(config),
        *check_results(config.results),
        *check_selection(config.selection),
    ]


def twice(section: Section, where: str = "") -> Iterator[str]:
    """Find lists that name something twice: it would be done, and counted, twice."""
    for key, field in type(section).model_fields.items():
        value, place = getattr(section, key), f"{where}{key}"
        if isinstance(value, Section):
            yield from twice(value, f"{place}.")
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from twice(inner, f"{place}.{name}.") if isinstance(inner, Section) else ()
        elif isinstance(value, list) and field.annotation != LABELS:
            yield from (f"{place}: '{one}' stands twice" for one in dict.fromkeys(value) if value.count(one) > 1)
