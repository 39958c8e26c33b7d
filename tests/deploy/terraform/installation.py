"""An environment on moto: what bootstrap makes, the variables of an operator, and Terraform in its folder."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

from tests.deploy.terraform.cloud import ACCOUNT, REGION, Cloud
from tests.deploy.terraform.workspace import CHANGES, Workspace
from tests.support.paths import REPOSITORY

OVERRIDES = Path(__file__).with_name("moto")
"""What moto lacks is left out by override files, each with its reason."""
HELLO = Path(sys.executable).with_name("hello")
DOMAIN = "hello.example"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hello@sha256:{'a' * 64}"
NEXT_IMAGE = IMAGE.replace("a" * 64, "b" * 64)
BOOTSTRAP = ("-var=force_destroy=true", "-var=github_repository=example/hello")
YES = ("-auto-approve", "-no-color")


@dataclass(frozen=True, slots=True)
class Installation:
    name: str
    workspace: Workspace
    cloud: Cloud

    @property
    def place(self) -> str:
        return f"environments/{self.name}"

    def apply(self, *words: str) -> None:
        self.workspace.run(self.place, "apply", *YES, *words)

    def plan(self) -> str:
        """Return what a second plan would change; empty if nothing."""
        words = ("plan", "-no-color", "-detailed-exitcode", "-out=second.tfplan")
        shown = self.workspace.run(self.place, *words, accept=(0, CHANGES))
        return "" if "No changes." in shown else shown

    def destroy(self) -> None:
        self.workspace.run(self.place, "destroy", *YES)

    def state(self) -> str:
        return self.workspace.run(self.place, "state", "pull")

    def stored_states(self) -> set[str]:
        bucket = f"hello-terraform-{ACCOUNT}-{REGION}"
        found = self.cloud.aws("s3api", "list-objects-v2", "--bucket", bucket)
        return {each["Key"] for each in found.get("Contents", [])}

    def task(self, role: str, revision: str = "") -> dict[str, Any]:
        """Return the container of a revision, by default the newest."""
        wanted = revision or f"hello-{self.name}-{role}"
        found = self.cloud.aws("ecs", "describe-task-definition", "--task-definition", wanted)
        containers = found["taskDefinition"]["containerDefinitions"]
        return next(each for each in containers if each["name"] == "hello")

    def running_image(self, role: str) -> str:
        """Return the image of the revision that runs."""
        name = f"hello-{self.name}"
        words = ("--cluster", name, "--services", f"{name}-{role}")
        service = self.cloud.aws("ecs", "describe-services", *words)["services"][0]
        image: str = self.task(role, service["taskDefinition"])["image"]
        return image

    def rotate_password(self) -> None:
        """Raise the version as the README says."""
        file = self.workspace.path(self.place) / "main.tf"
        file.write_text(
            file.read_text().replace("database = {\n", "database = {\n    password_version = 2\n")
        )
        self.apply(f"-var=image={NEXT_IMAGE}")

    def migrations(self) -> int:
        name = f"hello-{self.name}"
        words = ("--cluster", name, "--family", f"{name}-migrate")
        return len(self.cloud.aws("ecs", "list-tasks", *words)["taskArns"])

    @contextmanager
    def failing_migration(self) -> Iterator[None]:
        script = self.workspace.root / "scripts" / "migrate-on-ecs"
        text = script.read_text()
        script.write_text("#!/bin/sh\nexit 1\n")
        yield
        script.write_text(text)


@contextmanager
def bootstrapped(cloud: Cloud, folder: Path, name: str) -> Iterator[Installation]:
    """Apply bootstrap, and destroy it at the end."""
    workspace = Workspace.within(folder, cloud.environment)
    add_overrides(workspace)
    workspace.initialize("bootstrap")
    workspace.run("bootstrap", "apply", *YES, *BOOTSTRAP)
    installation = Installation(name, workspace, cloud)
    write_settings(installation, workspace.outputs("bootstrap"))
    paths = ("-backend-config=backend.hcl", "-backend-config=use_path_style=true")
    workspace.initialize(installation.place, *paths)
    yield installation
    workspace.run("bootstrap", "destroy", *YES, *BOOTSTRAP)


def add_overrides(workspace: Workspace) -> None:
    for override in OVERRIDES.rglob("*.tf"):
        target = workspace.path(override.relative_to(OVERRIDES).as_posix())
        assert target.parent.is_dir(), f"{override.relative_to(OVERRIDES)} overrides nothing"
        target.write_text(override.read_text())


def write_settings(installation: Installation, made: dict[str, Any]) -> None:
    """Write what an operator writes by the README, with a certificate of our own for RDS."""
    folder = installation.workspace.path(installation.place)
    (folder / "backend.hcl").write_text(made["backend"])
    trustme.CA().cert_pem.write_to_path(folder / "rds-ca.pem")
    fill_keys(installation.cloud, made["keys_secret"]["arn"])
    settings = {
        "image": IMAGE,
        "repository_arn": made["repository_arn"],
        "keys_secret": made["keys_secret"],
        "domain": f"{installation.name}.{DOMAIN}",
        "database_ca_file": "rds-ca.pem",
        "alarm_subscribers": ["oncall@hello.example"],
        "prometheus_cidrs": ["10.9.0.0/16"],
        "wait_for_steady_state": False,  # moto runs no containers
        **certificate(installation.cloud, installation.name),
    }
    (folder / "test.auto.tfvars.json").write_text(json.dumps(settings))


def fill_keys(cloud: Cloud, secret: str) -> None:
    done = cloud.script("fill-keys", secret, HELLO=str(HELLO))
    assert done.returncode == 0, done.stderr


def certificate(cloud: Cloud, name: str) -> dict[str, str]:
    """Let ACM prove the domain of dev by DNS, and import a self-signed certificate for production."""
    if name == "dev":
        zone = cloud.aws("route53", "create-hosted-zone", "--name", DOMAIN, "--caller-reference", name)
        return {"zone_id": zone["HostedZone"]["Id"].removeprefix("/hostedzone/")}
    return {"certificate_arn": self_signed(cloud, f"{name}.{DOMAIN}")}


def self_signed(cloud: Cloud, host: str) -> str:
    issued = trustme.CA().issue_cert(host)
    with (
        issued.private_key_pem.tempfile() as key,
        issued.cert_chain_pems[0].tempfile() as cert,
    ):
        words = ("--certificate", f"fileb://{cert}", "--private-key", f"fileb://{key}")
        arn: str = cloud.aws("acm", "import-certificate", *words)["CertificateArn"]
    return arn


def settings_of_example() -> set[str]:
    """Return the names of all settings in .env.example."""
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    found = (line.removeprefix("# ").partition("=")[0] for line in lines if "=" in line)
    return {name for name in found if name.isupper()}
