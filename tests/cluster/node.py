"""A node: containerd, kubelet and kube-proxy in a network namespace of their own."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.cluster.control_plane import answers
from tests.cluster.files import write
from tests.cluster.network import MACHINE, Place
from tests.cluster.places import IMAGES
from tests.cluster.programs import PLUGINS
from tests.cluster.servers import server
from tests.support.programs.commands import run
from tests.support.programs.program import Program

IMPORT_S = 300


@dataclass(frozen=True, slots=True)
class Node:
    place: Place
    root: Path
    kubeconfig: Path

    @property
    def folder(self) -> Path:
        return self.root / self.place.name

    @property
    def cgroup(self) -> str:
        """Unique to the run, since the nodes of another one live in the same tree."""
        return f"{self.root.name}-{self.place.name}"

    def configure(self) -> None:
        for template, path in FILES.items():
            write(template, self.folder / path, **self._values())

    def _values(self) -> Mapping[str, object]:
        return {
            "folder": self.folder,
            "plugins": PLUGINS,
            "pods": self.place.pods,
            "address": self.place.address,
            "name": self.place.name,
            "dns": MACHINE,
            "cgroup": self.cgroup,
            "kubeconfig": self.kubeconfig,
        }

    def runtime(self) -> Program:
        options = ("--config", self.folder / "containerd.toml")
        return self._server("containerd", options, self._is_runtime_ready)

    def agents(self) -> list[Program]:
        kubelet = (
            f"--config={self.folder / 'kubelet.yaml'}",
            f"--kubeconfig={self.kubeconfig}",
            f"--root-dir={self.folder / 'kubelet'}",
            f"--cert-dir={self.folder / 'certificates'}",
            f"--hostname-override={self.place.name}",
            f"--node-ip={self.place.address}",
        )
        proxy = (f"--config={self.folder / 'kube-proxy.yaml'}",)
        url = f"http://{self.place.address}"
        return [
            self._server("kubelet", kubelet, partial(answers, f"{url}:10248/healthz")),
            self._server("kube-proxy", proxy, partial(answers, f"{url}:10256/healthz")),
        ]

    def import_images(self) -> None:
        """Take those that `install` has made: there is no registry."""
        for archive in sorted(IMAGES.glob("*.tar")):
            run([*ctr(self.folder), "images", "import", archive], timeout_s=IMPORT_S)

    def _is_runtime_ready(self) -> bool:
        return (
            subprocess.run([*ctr(self.folder), "version"], capture_output=True, check=False).returncode == 0
        )

    def _server(self, name: str, options: Sequence[str | Path], is_ready: Callable[[], bool]) -> Program:
        log = f"{self.place.name}-{name}"
        return server(name, options, is_ready, log=log, prefix=self.place.prefix)


FILES = {
    "containerd.toml": "containerd.toml",
    "network.conflist": "cni/network.conflist",
    "kubelet.yaml": "kubelet.yaml",
    "kube-proxy.yaml": "kube-proxy.yaml",
}


def ctr(folder: Path) -> Sequence[str | Path]:
    """Begin a command for the containerd of the node in this folder."""
    return ("ctr", "--address", folder / "containerd.sock", "--namespace", "k8s.io")
