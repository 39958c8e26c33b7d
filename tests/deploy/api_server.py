"""A real API server of Kubernetes with its etcd, without nodes: it checks objects as any cluster does."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cluster.places import BIN, cache_locked
from tests.cluster.programs import ensure_kubernetes
from tests.deploy.charts import Manifest
from tests.support.programs.commands import Words
from tests.support.programs.debian import ensure_package
from tests.support.programs.errors import ProgramError
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

ETCD = Path("/usr/bin/etcd")
NAMESPACE = "hello"
STRICT = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


def ensure_api_server() -> None:
    """Raise `ProgramError` when it, its etcd or its client cannot be had."""
    ensure_package("etcd-server", ETCD)
    with cache_locked():
        ensure_kubernetes(("kube-apiserver", "kubectl"))


@dataclass(frozen=True, slots=True)
class ApiServer:
    """Where it is, as `kubectl` and Helm read it."""

    kubeconfig: Path

    def call(self, *words: str | Path, stdin: str = "") -> str:
        """Return what it prints, also its warnings; raise `ProgramError` with that when it fails."""
        done = subprocess.run(
            words,
            input=stdin,
            env=os.environ | {"KUBECONFIG": str(self.kubeconfig), "NO_PROXY": "*", "no_proxy": "*"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProgramError(f"{' '.join(map(str, words))} failed:\n{done.stdout}")
        return done.stdout

    def kubectl(self, *words: str, manifests: list[Manifest] | None = None) -> str:
        stdin = yaml.safe_dump_all(manifests) if manifests else ""
        return self.call(BIN / "kubectl", *words, stdin=stdin)

    def define(self, definitions: list[Manifest]) -> None:
        self.kubectl("create", "--filename", "-", manifests=definitions)
        self.kubectl("wait", "--for", "condition=established", "--timeout=60s", "crd", "--all")

    def is_ready(self) -> bool:
        try:
            return self.kubectl("get", "--raw", "/readyz") == "ok"
        except ProgramError:
            return False


@contextmanager
def running_api_server(folder: Path) -> Iterator[ApiServer]:
    """Make the namespace of the tests, in which pods must be restricted."""
    etcd_port, port = free_port(), free_port()
    server = ApiServer(folder / "kubeconfig")
    token = secrets.token_hex(16)
    server.kubeconfig.write_text(yaml.safe_dump(kubeconfig(port, token)))
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
    (folder / "accounts.pem").write_bytes(account_key())
    with ExitStack() as stack:
        stack.enter_context(running(etcd(folder, etcd_port)))
        command = api_server_command(folder, port, etcd_port)
        stack.enter_context(running(Program.within(folder, "kube-apiserver", command, server.is_ready)))
        metadata = {"name": NAMESPACE, "labels": STRICT}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        server.kubectl("create", "--filename", "-", manifests=[namespace])
        yield server


def account_key() -> bytes:
    """Return a key in the format of OpenSSL: the server does not know another one for elliptic curves."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def kubeconfig(port: int, token: str) -> Manifest:
    cluster = {"server": f"https://{HOST}:{port}", "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tests",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [
            {"name": "tests", "context": {"cluster": "tests", "user": "admin", "namespace": NAMESPACE}}
        ],
    }


def etcd(folder: Path, port: int) -> Program:
    url, peers = f"http://{HOST}:{port}", f"http://{HOST}:{free_port()}"
    command: Words = [
        ETCD,
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]
    return Program.within(folder, "etcd", command, lambda: is_healthy(url))


def is_healthy(url: str) -> bool:
    words: Words = ["curl", "--silent", "--fail", "--noproxy", "*", "--output", "/dev/null", f"{url}/health"]
    return subprocess.run(words, check=False).returncode == 0


def api_server_command(folder: Path, port: int, etcd_port: int) -> Words:
    accounts = folder / "accounts.pem"
    return [
        BIN / "kube-apiserver",
        f"--etcd-servers=http://{HOST}:{etcd_port}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-account-key-file={accounts}",
        f"--service-account-signing-key-file={accounts}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",  # no controller makes accounts
        "--service-cluster-ip-range=10.96.0.0/16",
    ]
