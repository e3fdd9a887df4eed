"""What branches of the hub stand for, which move: looked up once for all that is fetched of them."""


use rule step as resolve_branch with:
    output:
        output=places("branch"),
    log:
        places.log(places("branch")),
    wildcard_constraints:
        kind="model|dataset",
        repository=one_of(sorted({one["repository"] for one in study.branches})),
        revision=one_of(sorted({one["revision"] for one in study.branches})),
    params:
        # Without its code: a commit that was looked up stays, so that a run that goes on does not mix two.
        step="isogloss.hub:resolve_branch",
        spec=lambda wildcards: dict(wildcards),
    message:
        "Looking up '{wildcards.revision}' of {wildcards.repository}"
