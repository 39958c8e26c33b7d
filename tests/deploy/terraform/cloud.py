"""moto as the cloud, and questions to it."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.deploy.terraform.programs import ensure_moto
from tests.support.paths import REPOSITORY
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

if TYPE_CHECKING:
    from tests.support.programs.commands import Words

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STAY = (
    f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/",  # a rollback starts them
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/",  # AWS deletes keys after 30 days
    f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:rds:",  # AWS deletes automatic ones with their cluster
)


@dataclass(frozen=True, slots=True)
class Cloud:
    url: str
    programs: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return what leads every client of AWS here, and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "2",  # what moto lacks does not come by asking again
            "POLL_S": "0.2",  # a task of moto ends after some looks
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
        }

    def aws(self, *words: str) -> Any:  # noqa: ANN401  # JSON
        command: Words = [self.programs / "aws", *words, "--output", "json"]
        done = subprocess.run(
            command,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    def script(self, name: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script of `deploy/scripts` as an operator does."""
        return subprocess.run(
            [REPOSITORY / "deploy" / "scripts" / name, *words],
            env=os.environ | self.environment | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def secret_of(self, source: str) -> str:
        """Return what ECS reads from ARN or ARN:KEY::."""
        secret, key = (source[:-2].rsplit(":", 1)) if source.endswith("::") else (source, "")
        found = self.aws("secretsmanager", "get-secret-value", "--secret-id", secret)["SecretString"]
        return str(json.loads(found)[key] if key else found)

    def resources(self) -> set[str]:
        """Return the ARNs of everything that has a tag of ours."""
        found = self.aws(
            "resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=application,Values=hello"
        )
        return {each["ResourceARN"] for each in found["ResourceTagMappingList"]}

    def leftovers(self) -> set[str]:
        """Return what costs money still; AWS lists some things for a while after their deletion."""
        return {arn for arn in self.resources() if not arn.startswith(STAY) and not self.is_gone(arn)}

    def is_gone(self, arn: str) -> bool:
        name = arn.rpartition("/")[2]
        if ":natgateway/" in arn:
            found = self.aws("ec2", "describe-nat-gateways", "--nat-gateway-ids", name)["NatGateways"]
            return all(each["State"] == "deleted" for each in found)
        if arn.startswith(f"arn:aws:ecs:{REGION}:{ACCOUNT}:"):
            cluster = arn.split("/")[1]
            found = self.aws("ecs", "describe-clusters", "--clusters", cluster)["clusters"]
            return all(each["status"] == "INACTIVE" for each in found)
        return False


@contextmanager
def running_cloud(folder: Path) -> Iterator[Cloud]:
    programs, port = ensure_moto(), free_port()
    cloud = Cloud(f"http://{HOST}:{port}", programs)
    argv = (programs / "moto_server", "-H", HOST, "-p", str(port))
    settings = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with running(Program.within(folder, "moto", argv, lambda: answers(cloud.url), settings)):
        yield cloud


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/moto-api/", timeout=5):  # noqa: S310  # our own address
            return True
    except (URLError, TimeoutError, ConnectionError):
        return False
