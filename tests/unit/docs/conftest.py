"""The image for tests and the copies of mutation testing hold no package of the site."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("docs") and find_spec("docs.site") else ["*"]
