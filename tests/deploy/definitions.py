"""What a Kubernetes object may look like: the API's description, and definitions of custom resources."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import relevance

from tests.deploy.charts import Manifest
from tests.deploy.programs import CERT_MANAGER, EXTERNAL_SECRETS, GATEWAY_API, KUBERNETES, folder_of

HERE = Path(__file__).parent
OWN = HERE / "crds"
"""Written from the documentation of operators whose modules do not contain their definitions."""
OWN_GROUPS = ("monitoring.coreos.com", "kafka.strimzi.io")
DEFINED_BY = {
    "cert-manager.io": (CERT_MANAGER, "deploy/crds"),
    "external-secrets.io": (EXTERNAL_SECRETS, "config/crds/bases"),
    "gateway.networking.k8s.io": (GATEWAY_API, "config/crd/standard"),
}


def faults_of(manifest: Manifest) -> list[str]:
    """Return what is wrong with it; a field that does not exist is. Raise `LookupError` for its kind."""
    validator = validator_of(manifest["apiVersion"], manifest["kind"])
    errors = sorted(validator.iter_errors(manifest), key=relevance)
    return [f"{error.json_path}: {error.message}" for error in errors]


@cache
def validator_of(api_version: str, kind: str) -> Draft202012Validator:
    group, _, version = api_version.rpartition("/")
    is_custom = group in DEFINED_BY or group in OWN_GROUPS
    schema = custom_schema(group, version, kind) if is_custom else core_schema(group, version, kind)
    return Draft202012Validator(strict(schema))


def core_schema(group: str, version: str, kind: str) -> Mapping[str, Any]:
    name = f"apis__{group}__{version}" if group else f"api__{version}"
    path = folder_of(*KUBERNETES) / "api" / "openapi-spec" / "v3" / f"{name}_openapi.json"
    document = json.loads(path.read_text())
    wanted = {"group": group, "kind": kind, "version": version}
    for title, schema in document["components"]["schemas"].items():
        if wanted in schema.get("x-kubernetes-group-version-kind", ()):
            return {"$ref": f"#/components/schemas/{title}", "components": document["components"]}
    raise LookupError(f"{group}/{version} has no {kind}")


def custom_schema(group: str, version: str, kind: str) -> Mapping[str, Any]:
    for definition in definitions_of(group):
        if definition["spec"]["names"]["kind"] == kind:
            for served in definition["spec"]["versions"]:
                if served["name"] == version:
                    return schema_of(served)
    raise LookupError(f"{group}/{version} has no {kind}")


def schema_of(served: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = served["schema"]["openAPIV3Schema"]
    return schema


def definitions_of(group: str) -> Iterator[Manifest]:
    if group in DEFINED_BY:
        module, folder = DEFINED_BY[group]
        yield from definitions_in(folder_of(*module) / folder, group)
    yield from definitions_in(OWN, group)


def all_definitions() -> list[Manifest]:
    """Return those of all groups that the chart uses."""
    groups = [*DEFINED_BY, *OWN_GROUPS]
    return [definition for group in groups for definition in definitions_of(group)]


def definitions_in(folder: Path, group: str) -> list[Manifest]:
    texts = (path.read_text() for path in sorted(folder.glob("*.yaml")))
    found = (manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest)
    return [
        manifest
        for manifest in found
        if manifest["kind"] == "CustomResourceDefinition" and manifest["spec"]["group"] == group
    ]


def strict(schema: Any) -> Any:  # noqa: ANN401  # any part of a JSON document
    """Refuse fields that are not described: the API server would drop them without a word."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    is_open = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        closed["additionalProperties"] = False
    return closed
