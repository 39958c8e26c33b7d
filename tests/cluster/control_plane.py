"""The servers that are not on a node: etcd, the API server, the controllers, the scheduler and the DNS."""

import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cluster.files import write
from tests.cluster.network import FIRST_SERVICE, MACHINE, SERVICES
from tests.cluster.servers import server
from tests.support.programs.program import Program

API_PORT, ETCD_PORT = 6443, 2379
SERVER = f"https://{MACHINE}:{API_PORT}"
NAMES = (MACHINE, FIRST_SERVICE, "127.0.0.1", "kubernetes.default.svc")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One administrator, whose token all parts use; the cluster lives only for a run."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def create(self) -> None:
        self.folder.mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.folder / "ca.pem")
        authority.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(self.folder / "server.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        accounts = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (self.folder / "accounts.pem").write_bytes(accounts)
        token = secrets.token_hex(16)
        (self.folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        write(
            "kubeconfig.yaml",
            self.kubeconfig,
            server=SERVER,
            authority=self.folder / "ca.pem",
            token=token,
        )


def control_plane(folder: Path, credentials: Credentials) -> list[Program]:
    """Return the servers in the order of their start."""
    client = ("--kubeconfig", credentials.kubeconfig)
    return [
        etcd(folder),
        api_server(credentials),
        server("kube-controller-manager", controller_options(credentials), lambda: True),
        server("kube-scheduler", (*client, "--leader-elect=false"), lambda: True),
        dns(folder, credentials),
    ]


def etcd(folder: Path) -> Program:
    """It need not survive a crash of the machine, so it does not wait for the disk."""
    url = f"http://127.0.0.1:{ETCD_PORT}"
    options = (
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
    )
    return server("etcd", options, lambda: answers(f"{url}/health"))


def api_server(credentials: Credentials) -> Program:
    folder = credentials.folder
    options = (
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--bind-address={MACHINE}",
        f"--advertise-address={MACHINE}",
        f"--secure-port={API_PORT}",
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.pem'}",
        f"--service-account-key-file={folder / 'accounts.pem'}",
        f"--service-account-signing-key-file={folder / 'accounts.pem'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-cluster-ip-range={SERVICES}",
        "--allow-privileged=true",
        "--kubelet-preferred-address-types=InternalIP",
        "--enable-priority-and-fairness=false",
    )
    return server("kube-apiserver", options, lambda: answers(f"{SERVER}/readyz", folder / "ca.pem"))


def controller_options(credentials: Credentials) -> Sequence[str | Path]:
    return (
        f"--kubeconfig={credentials.kubeconfig}",
        f"--service-account-private-key-file={credentials.folder / 'accounts.pem'}",
        f"--root-ca-file={credentials.folder / 'ca.pem'}",
        "--leader-elect=false",
    )


def dns(folder: Path, credentials: Credentials) -> Program:
    values = {"address": MACHINE, "kubeconfig": credentials.kubeconfig}
    path = write("Corefile", folder / "Corefile", **values)
    return server("coredns", ("-conf", path), lambda: True)


def answers(url: str, authority: Path | None = None) -> bool:
    """Ask without credentials: the probes of the API server are open to all."""
    trust: Sequence[str | Path] = ("--cacert", authority) if authority else ()
    words = ["curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "5", *trust, url]
    return subprocess.run(words, check=False).returncode == 0
