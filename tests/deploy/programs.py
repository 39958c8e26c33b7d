"""The programs and definitions that the tests of the chart need, from Go modules at pinned versions."""

import json
import subprocess
from pathlib import Path

from tests.support.paths import REPOSITORY
from tests.support.programs import golang
from tests.support.programs.commands import Words, path_of
from tests.support.programs.errors import ProgramError
from tests.support.programs.install_lock import install_lock
from tests.support.programs.tail import last_lines

CACHE = REPOSITORY / ".deploy"
HELM_VERSION, SCORE_VERSION = "v4.3.1", "v1.20.0"
HELM = CACHE / "bin" / f"helm-{HELM_VERSION}"
SCORE = CACHE / "bin" / f"kube-score-{SCORE_VERSION}"
KUBERNETES = "k8s.io/kubernetes", "v1.34.4"
CERT_MANAGER = "github.com/cert-manager/cert-manager", "v1.21.2"
EXTERNAL_SECRETS = "github.com/external-secrets/external-secrets", "v1.3.2"
GATEWAY_API = "sigs.k8s.io/gateway-api", "v1.4.0"
MODULES = (KUBERNETES, CERT_MANAGER, EXTERNAL_SECRETS, GATEWAY_API)
DOWNLOAD_S = 600


def ensure_programs() -> None:
    """Raise `ProgramError` when one cannot be built."""
    with install_lock():
        CACHE.mkdir(exist_ok=True)
        (CACHE / ".gitignore").write_text("*\n")
        ensure_helm()
        golang.ensure("kube-score", "github.com/zegl/kube-score/cmd/kube-score", SCORE_VERSION, SCORE)
    for module, version in MODULES:
        folder_of(module, version)


def ensure_helm() -> Path:
    stamp = "helm.sh/helm/v4/internal/version.version"
    return golang.ensure("Helm", "helm.sh/helm/v4/cmd/helm", HELM_VERSION, HELM, stamp)


def folder_of(module: str, version: str) -> Path:
    """Return the folder of a Go module; raise `ProgramError` when it cannot be fetched."""
    command: Words = [path_of("go", "golang"), "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
    if done.returncode != 0:
        raise ProgramError(f"{module} cannot be fetched:\n{last_lines(done.stdout + done.stderr)}")
    return Path(json.loads(done.stdout)["Dir"])
