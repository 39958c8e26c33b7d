"""The network: a bridge, and behind it a network namespace for each node."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

BRIDGE = "k0"
MACHINE = "10.250.0.1"
SERVICES = "10.96.0.0/16"
FIRST_SERVICE = "10.96.0.1"
NAMES = Path("/run/netns")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is in the network."""

    number: int

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def address(self) -> str:
        return f"10.250.0.{10 + self.number}"

    @property
    def pods(self) -> str:
        return f"10.244.{self.number}.0/24"

    @property
    def prefix(self) -> tuple[str, ...]:
        """Begin a command with it to run it on this node."""
        return ("nsenter", f"--net={NAMES / self.name}", "--")


def connect(places: list[Place]) -> None:
    """Make the network inside our own network namespace, where nothing exists yet."""
    NAMES.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", NAMES], check=True)
    ip("link set lo up")
    ip(f"link add {BRIDGE} type bridge")
    ip(f"addr add {MACHINE}/24 dev {BRIDGE}")
    ip(f"link set {BRIDGE} up")
    for place in places:
        attach(place)
    ip(f"route add {SERVICES} via {places[0].address}")
    for place in places:
        ip(f"route add {place.pods} via {place.address}")
        for other in places:
            if other is not place:
                ip(f"route add {other.pods} via {other.address}", *place.prefix)


def attach(place: Place) -> None:
    ip(f"netns add {place.name}")
    ip(f"link add {place.name} type veth peer name eth0 netns {place.name}")
    ip(f"link set {place.name} master {BRIDGE} up")
    for words in (
        "link set lo up",
        "link set eth0 up",
        f"addr add {place.address}/24 dev eth0",
        f"route add default via {MACHINE}",
    ):
        ip(words, *place.prefix)
    forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
    subprocess.run([*place.prefix, "sh", "-c", forward], check=True)


def ip(words: str, *prefix: str) -> None:
    subprocess.run([*prefix, "ip", *words.split()], check=True)
