"""What the servers need before they can start, made once and kept in the cache."""

import os
import shutil
import sys
from pathlib import Path

from benchmarks.commands import Words, run
from benchmarks.places import CACHE, HERE, PEERS
from benchmarks.programs import ensure
from benchmarks.progress import say

BUILD_S, RUST_BUILD_S = 900, 1800
PYTHON = CACHE / "python" / "bin" / "python"
GO = CACHE / "go" / "peer"
RUST = CACHE / "rust" / "release" / "peer"
NODE = CACHE / "node"


def nothing() -> None:
    """Do nothing: our own service is installed already."""


def python_peers() -> None:
    """Give the peers an environment of their own, so that ours does not hold what only they need."""
    lock, built_from = HERE / "requirements.txt", CACHE / "python" / "requirements.txt"
    if is_same(lock, built_from):
        return
    say("installing the Python peers")
    uv: Words = [sys.executable, "-m", "uv", "--quiet"]
    run([*uv, "venv", "--clear", "--python", sys.executable, PYTHON.parents[1]], timeout_s=BUILD_S)
    install: Words = ["--compile-bytecode", "--no-deps", "--require-hashes", "-r", lock]
    run([*uv, "pip", "install", "--python", PYTHON, *install], timeout_s=BUILD_S)
    shutil.copy(lock, built_from)


def go_peer() -> None:
    """Build with the Go that is here, whatever other one the module would like."""
    go = ensure("go", "golang")
    say("building the Go peer")
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    run([go, "build", "-o", GO, "."], timeout_s=BUILD_S, cwd=PEERS / "go", environment=environment)


def rust_peer() -> None:
    cargo = ensure("cargo", "cargo")
    say("building the Rust peer")
    folders: Words = ["--manifest-path", PEERS / "rust" / "Cargo.toml", "--target-dir", RUST.parents[1]]
    run([cargo, "build", "--release", *folders], timeout_s=RUST_BUILD_S)


def node_peer() -> None:
    """Copy the peer next to what it imports: Node looks for packages beside the importing file."""
    npm, source = ensure("npm", "npm"), PEERS / "fastify"
    fresh = is_same(source / "package.json", NODE / "built.json")
    NODE.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, NODE)
    if not fresh:
        install_node_packages(npm)


def install_node_packages(npm: Path) -> None:
    say("installing the Node peer")
    options = ["--no-package-lock", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    run([npm, "install", *options], timeout_s=BUILD_S, cwd=NODE)
    shutil.copy(NODE / "package.json", NODE / "built.json")


def is_same(wanted: Path, built_from: Path) -> bool:
    return built_from.exists() and wanted.read_bytes() == built_from.read_bytes()
