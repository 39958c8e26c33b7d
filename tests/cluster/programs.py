"""The programs of a cluster: Kubernetes, CoreDNS and Helm from Go modules, the rest from the distribution."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.places import BIN
from tests.support.programs import debian, golang
from tests.support.programs.commands import Words, path_of
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

PACKAGES = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "catatonit": "catatonit",
    "haproxy": "haproxy",
}
PLUGINS = Path("/usr/lib/cni")
KUBERNETES, KUBERNETES_VERSION = "k8s.io/kubernetes", "v1.34.4"
KUBERNETES_STAMP = "k8s.io/component-base/version.gitVersion"
PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
OTHERS = {
    "coredns": ("github.com/coredns/coredns", "v1.12.4", ""),
    "helm": ("helm.sh/helm/v4/cmd/helm", "v4.3.1", "helm.sh/helm/v4/internal/version.version"),
}
STAGED = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)
DOWNLOAD_S = 600


def ensure_programs() -> None:
    """Raise `ProgramError` when one is missing and cannot be installed."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            debian.install(package)
    debian.ensure_package("containernetworking-plugins", PLUGINS / "bridge")
    ensure_kubernetes()
    for name, (package, version, stamp) in OTHERS.items():
        golang.ensure(name, package, version, BIN / name, stamp)


def ensure_kubernetes() -> None:
    missing = [part for part in PARTS if not (BIN / part).exists()]
    replaced = staging_modules() if missing else []
    for part in missing:
        say(f"building {part}")
        package = f"{KUBERNETES}/cmd/{part}"
        golang.build(package, KUBERNETES_VERSION, BIN / part, KUBERNETES_STAMP, replaced)


def staging_modules() -> list[str]:
    """Replace the modules that Kubernetes takes from its own folder by the published ones of the release."""
    published = KUBERNETES_VERSION.replace("v1.", "v0.")
    names = STAGED.findall(Path(description()["GoMod"]).read_text())
    return [f"{name} => {name} {published}" for name in names]


def description() -> Mapping[str, str]:
    module = f"{KUBERNETES}@{KUBERNETES_VERSION}"
    words: Words = [path_of("go", "golang"), "mod", "download", "-json", module]
    done = subprocess.run(words, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
    if done.returncode != 0:
        raise ProgramError(f"{module} cannot be had:\n{done.stdout}{done.stderr}")
    found: Mapping[str, str] = json.loads(done.stdout)
    return found


def environment() -> dict[str, str]:
    """Return variables with our programs first on `PATH`."""
    return os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
