"""MLflow behind one function: what was run, with what, and what came of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

EXPERIMENT: Final = "suluh"
_SETTING: Final = "MLFLOW_TRACKING_URI"


def record(name: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], artefact: Path, store: Path) -> str:
    """Record one training run with its artefact folder; return the run's id.

    The store is an SQLite file in `store`, unless MLFLOW_TRACKING_URI names another.
    """
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git must not stop a training run
    import mlflow  # noqa: PLC0415 - takes seconds to import

    store.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(os.environ.get(_SETTING) or f"sqlite:///{store.resolve() / 'mlflow.db'}")
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=(store.resolve() / "mlruns").as_uri())
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_params(flat(parameters))
        mlflow.log_metrics(dict(metrics))
        mlflow.log_artifacts(str(artefact), artifact_path="model")
        return str(run.info.run_id)


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings with dotted names: {"fit": {"c": 1}} → {"fit.c": 1}."""
    result: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            result.update(flat(value, f"{prefix}{name}."))
        else:
            result[f"{prefix}{name}"] = value
    return result
