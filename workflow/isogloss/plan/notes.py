"""What a config asks for and cannot have: the run ends all the same, with empty values and their reasons."""

from isogloss.errors import did_you_mean
from isogloss.plan.study import Study
from isogloss.relations.distances import lacking
from isogloss.statistics.mantel import FEWEST_LANGUAGES
from isogloss.tasks.settings import HubTask, TableTask


def notes(study: Study) -> list[str]:
    """Say before anything is trained which analyses will have no value, or another one than they seem to have.

    Parameters
    ----------
    study
        Of a config without mistakes.

    Returns
    -------
    list of str
        One line each, beginning with the key.
    """
    settings, found = study.settings, []
    for one in study.ready_made:
        if one.task not in settings.tasks:
            place, close = (
                f"models.{one.model}.checkpoints.{one.checkpoint}.task",
                did_you_mean(one.task, settings.tasks),
            )
            found.append(
                f"{place}: there is no task '{one.task}' here, so it has no impact and no transfer{close or '.'}"
            )
    for name, task in settings.tasks.items():
        if isinstance(task.data, TableTask | HubTask) and task.data.test == task.data.train:
            found.append(f"tasks.{name}.data.test: these are the training items; scores tell what was learnt by heart.")
        for language, reason in lacking(study.task_targets(name) if settings.impact.families else []).items():
            found.append(f"tasks.{name}.data.languages: {reason} Distances to '{language}' will be empty.")
        count = len(study.task_targets(name))
        if count < FEWEST_LANGUAGES:
            few = f"{count} language{'s' * (count != 1)}, and correlations over pairs need at least {FEWEST_LANGUAGES}"
            found.append(f"tasks.{name}.data.languages: {few}; they will be empty.")
            for variant, freeze in task.variants.items():
                if freeze.layers == "measured":
                    found.append(f"tasks.{name}.variants.{variant}.layers: {few}; nothing will be frozen.")
    return found
