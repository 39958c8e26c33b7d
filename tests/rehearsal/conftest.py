"""The image for tests and the copies of mutation testing hold nothing that draws."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("monitoring") else ["*"]
