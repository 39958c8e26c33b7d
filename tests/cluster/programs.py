"""The programs of a cluster: Kubernetes, CoreDNS and Helm from Go modules, the rest from the distribution."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.places import BIN
from tests.deploy.programs import KUBERNETES, ensure_helm, folder_of
from tests.monitoring.programs import ensure_program
from tests.support.programs import debian, golang
from tests.support.programs.progress import say

PACKAGES = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "curl": "curl",
    "catatonit": "catatonit",
    "haproxy": "haproxy",
}
PLUGINS = Path("/usr/lib/cni")
PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
STAMP = "k8s.io/component-base/version.gitVersion"
COREDNS, COREDNS_VERSION = "github.com/coredns/coredns", "v1.12.4"
STAGED = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)


def ensure_programs() -> None:
    """Raise `ProgramError` when one is missing and cannot be installed."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            debian.install(package)
    debian.ensure_package("containernetworking-plugins", PLUGINS / "bridge")
    ensure_program("prometheus")
    ensure_kubernetes()
    golang.ensure("CoreDNS", COREDNS, COREDNS_VERSION, BIN / "coredns")
    helm = BIN / "helm"
    helm.unlink(missing_ok=True)
    helm.symlink_to(ensure_helm())


def ensure_kubernetes(parts: Sequence[str] = PARTS) -> None:
    module, version = KUBERNETES
    missing = [part for part in parts if not (BIN / part).exists()]
    replaced = staging_modules() if missing else []
    for part in missing:
        say(f"building {part}")
        golang.build(f"{module}/cmd/{part}", version, BIN / part, STAMP, replaced)


def staging_modules() -> list[str]:
    """Replace the modules that Kubernetes takes from its own folder by the published ones of the release."""
    module, version = KUBERNETES
    published = version.replace("v1.", "v0.")
    names = STAGED.findall((folder_of(module, version) / "go.mod").read_text())
    return [f"{name} => {name} {published}" for name in names]


def environment() -> dict[str, str]:
    """Return variables with our programs first on `PATH`."""
    return os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
