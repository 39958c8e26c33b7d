"""What a Kubernetes object may look like: the API's description, and definitions of custom resources."""

import json
from collections.abc import Mapping
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
CERTIFICATES = CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml"
SECRETS = EXTERNAL_SECRETS, "config/crds/bases/external-secrets.io_externalsecrets.yaml"
GATEWAYS = GATEWAY_API, "config/crd/standard/gateway.networking.k8s.io_gateways.yaml"
ROUTES = GATEWAY_API, "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"


def faults_of(manifest: Manifest) -> list[str]:
    """Return what is wrong with it; a field that does not exist is. Raise `LookupError` for its kind."""
    validator = validator_of(manifest["apiVersion"], manifest["kind"])
    errors = sorted(validator.iter_errors(manifest), key=relevance)
    return [f"{error.json_path}: {error.message}" for error in errors]


@cache
def validator_of(api_version: str, kind: str) -> Draft202012Validator:
    group, _, version = api_version.rpartition("/")
    defined = [found for found in definitions() if found["spec"]["group"] == group]
    schema = custom_schema(defined, version, kind) if defined else core_schema(group, version, kind)
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


def custom_schema(defined: list[Manifest], version: str, kind: str) -> Mapping[str, Any]:
    for definition in defined:
        for served in definition["spec"]["versions"]:
            if (definition["spec"]["names"]["kind"], served["name"]) == (kind, version):
                schema: Mapping[str, Any] = served["schema"]["openAPIV3Schema"]
                return schema
    raise LookupError(f"no definition has {kind} in {version}")


@cache
def definitions() -> list[Manifest]:
    """Return those of all custom resources that the chart makes."""
    real = [folder_of(*module) / path for module, path in (CERTIFICATES, SECRETS, GATEWAYS, ROUTES)]
    texts = [path.read_text() for path in (*real, *sorted(OWN.glob("*.yaml")))]
    return [manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest]


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
