"""What every rule says beside its own lines."""


rule step:
    log:
        f"{RESULTS}/logs/step.log",  # each rule has its own
    conda:
        "../../envs/isogloss.yaml"
    script:
        "../scripts/step.py"
