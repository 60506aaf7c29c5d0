"""MLflow behind three functions: what was run and what came of it, and which of it serves.

The service's own history is the truth about what serves; the aliases ``champion`` and ``challenger`` in MLflow's
registry only repeat it, for those who look there. MLflow keeps no past of an alias.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from models.artifact import CARD, MANIFEST, read_manifest

EXPERIMENT: Final = "suluh"
REGISTERED: Final = "suluh"
MODEL: Final = "model"
PICTURES: Final = "pictures"
VERSION: Final = "suluh.version"
_SETTING: Final = "MLFLOW_TRACKING_URI"
_NOTE: Final = "mlflow.note.content"
_LONGEST_PARAMETER: Final = 6_000  # MLflow's own limit
_PER_CALL: Final = 100  # parameters that MLflow takes at once


@dataclass(frozen=True, slots=True)
class Run:
    """What a training run is to a tracker: the recipe as parameters, the figures, the artefact folder, its pictures."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    artefact: Path
    pictures: tuple[Path, ...] = ()


def record(run: Run, store: Path) -> str:
    """Record one training run and register its artefact; return the run's id.

    The run holds the recipe, the data's fingerprint, the metrics, the card as its description, the pictures, and the
    artefact folder with a signature (a text in; a probability and a band out). The store is an SQLite file in `store`,
    unless MLFLOW_TRACKING_URI names another.
    """
    mlflow = _mlflow(store)
    artefact, manifest = run.artefact, read_manifest(run.artefact)
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=(store.resolve() / "mlruns").as_uri())
    mlflow.set_experiment(EXPERIMENT)
    tags = {
        VERSION: manifest.version,
        "suluh.data_fingerprint": manifest.data_fingerprint,
        "suluh.manifest_sha256": sha256((artefact / MANIFEST).read_bytes()).hexdigest(),
        _NOTE: (artefact / CARD).read_text(encoding="utf-8"),
    }
    with mlflow.start_run(run_name=run.name, tags=tags) as begun:
        run_id = str(begun.info.run_id)
        _log_parameters(mlflow, flat(run.parameters))
        mlflow.log_metrics(dict(run.metrics))
        mlflow.log_artifacts(str(artefact), artifact_path=MODEL)
        mlflow.log_text(_signed(mlflow, run_id, manifest.version), f"{MODEL}/MLmodel")
        for picture in run.pictures:
            mlflow.log_artifact(str(picture), artifact_path=PICTURES)
    _register(mlflow, run_id, tags)
    return run_id


def mirror(aliases: Mapping[str, str | None], folder: Path) -> str:
    """Set each alias to the registered model of that version, or take it away for None; return what came of it.

    `folder` is where the store's SQLite file is looked for. A version that no run here made is named in the answer,
    not an error: it may have been trained elsewhere.
    """
    if not os.environ.get(_SETTING) and not (folder / "mlflow.db").is_file():
        return f"MLflow: no store in {folder} and no {_SETTING}, so no alias was set; the service's history stands."
    client = _mlflow(folder).MlflowClient()
    said = [_alias(client, alias, version) for alias, version in aliases.items()]
    return f"MLflow: {'; '.join(said)}."


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings with dotted names: {"fit": {"c": 1}} → {"fit.c": 1}."""
    result: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            result.update(flat(value, f"{prefix}{name}."))
        else:
            result[f"{prefix}{name}"] = value
    return result


def _mlflow(store: Path) -> Any:
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git must not stop a training run
    import mlflow  # noqa: PLC0415 - takes seconds; training without tracking and `mirror` without a store do without

    store.mkdir(parents=True, exist_ok=True)
    given = os.environ.get(_SETTING)
    mlflow.set_tracking_uri(given or f"sqlite:///{store.resolve() / 'mlflow.db'}")
    if not given:
        os.environ.pop(_SETTING, None)  # MLflow sets it, and our next store would be taken for the one of this call
    return mlflow


def _log_parameters(mlflow: Any, parameters: Mapping[str, Any]) -> None:
    texts = [(name, str(value)[:_LONGEST_PARAMETER]) for name, value in parameters.items()]
    for at in range(0, len(texts), _PER_CALL):
        mlflow.log_params(dict(texts[at : at + _PER_CALL]))


def _signed(mlflow: Any, run_id: str, version: str) -> str:
    """The file that MLflow keeps beside a model: a flavour of our own and the signature, and no code to be run."""
    types = mlflow.types
    signature = mlflow.models.ModelSignature(
        inputs=types.Schema([types.ColSpec(types.DataType.string, "text")]),
        outputs=types.Schema(
            [types.ColSpec(types.DataType.double, "p_hoax"), types.ColSpec(types.DataType.string, "band")]
        ),
    )
    model = mlflow.models.Model(artifact_path=MODEL, run_id=run_id, signature=signature)
    model.add_flavor("suluh", version=version)
    return str(model.to_yaml())


def _register(mlflow: Any, run_id: str, tags: Mapping[str, str]) -> None:
    client = mlflow.MlflowClient()
    if not client.search_registered_models(filter_string=f"name = '{REGISTERED}'"):
        client.create_registered_model(REGISTERED, description="Weights that a Suluh service may be given.")
    kept = {name: value for name, value in tags.items() if name != _NOTE}
    source = f"{client.get_run(run_id).info.artifact_uri}/{MODEL}"
    client.create_model_version(REGISTERED, source=source, run_id=run_id, tags=kept)


def _alias(client: Any, alias: str, version: str | None) -> str:
    if version is None:
        if client.search_registered_models(filter_string=f"name = '{REGISTERED}'"):
            client.delete_registered_model_alias(REGISTERED, alias)
        return f"{alias} is nobody"
    found = [
        each for each in client.search_model_versions(f"name = '{REGISTERED}'") if each.tags.get(VERSION) == version
    ]
    if not found:
        return f"{alias} is {version}, which no run here made"
    newest = max(found, key=lambda each: int(each.version))
    client.set_registered_model_alias(REGISTERED, alias, newest.version)
    return f"{alias} is {version}"
