"""After the blocks of docs/metrics.md: each type of record has one set of columns without gaps."""

import pandas

run = pandas.read_json("run.jsonl", lines=True)
for name in ("step", "evaluation", "final"):
    own = run[run.type == name].dropna(axis="columns", how="all")
    assert len(own) > 0 and not own.isna().any(axis=None), f"a gap in the records of type {name}\n{own}"
assert run[run.type == "step"].learning_rate.is_monotonic_decreasing
assert open("run.png", "rb").read(4) == b"\x89PNG"
