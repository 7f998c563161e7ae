"""How Sphinx builds the pages: the checkout is the source, so links are the same here and where the code is hosted."""

from __future__ import annotations

import shutil
from enum import Enum
from importlib.metadata import version as version_of
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import numpydoc.docscrape_sphinx
from docutils import nodes
from jinja2 import BaseLoader
from jinja2.sandbox import SandboxedEnvironment
from sphinx.addnodes import download_reference

import mnist_repro

_HERE = Path(__file__).parent
# The report as one page, and its part that stands within the page of the method; in the checkout and in the site.
_PAGE = Path("reports/index.html")
_PLAY = Path("reports/play.html")

project = "mnist_repro"
author = "The mnist_repro maintainers"
version = release = version_of("mnist-repro")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/api/*.rst", "reports/*.md", "reports/documents/*.md"]
# A user's own runs, which git ignores too; and folders of tools, whose thousands of files take seconds to look through.
exclude_patterns = ["reports/local", ".*", "docs/build", "reports/records"]
templates_path = [str(_HERE / "templates")]

# Single backticks are code in our docstrings.
default_role = "code"
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "member-order": "bysource"}
# Extras, which no page needs.
autodoc_mock_imports = ["tensorflow", "keras", "distributed"]
autodoc_type_aliases = {"ArrayLike": "ArrayLike", "NDArray": "NDArray"}
add_module_names = False
# One page for a room and all its modules: the sidebar is made anew for each page, and many pages take minutes.
_PACKAGES = {module.name for module in walk_packages(mnist_repro.__path__, "mnist_repro.") if module.ispkg}
autosummary_context = {"packages": _PACKAGES}
# Members stand below their class in any case.
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "mnist_repro"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_additional_pages = {"index": "redirect.html"}


_TEMPLATES = SandboxedEnvironment()


def _with_templates(loader: BaseLoader) -> SandboxedEnvironment:
    """Return one environment for all docstrings: numpydoc makes one for each, which compiles the template again."""
    _TEMPLATES.loader = _TEMPLATES.loader or loader
    return _TEMPLATES


numpydoc.docscrape_sphinx.SandboxedEnvironment = _with_templates


def _keep_members_of_enums(_app: Any, _what: str, _name: str, member: object, *_: Any) -> bool | None:
    """Skip no member of an Enum: none has a docstring of its own, but they are what the class is about."""
    return False if isinstance(member, Enum) else None


def _link_the_pages(app: Any, doctree: nodes.document) -> None:
    """Link to the report's pages as pages of the site: Sphinx would offer them as files to download.

    Below a link to the page whose marks can be moved stands this page itself, with the run that the link's title names.
    """
    home = "../" * app.env.docname.count("/")
    pages = {page.name: f"{home}{page.as_posix()}" for page in (_PAGE, _PLAY)}
    for node in list(doctree.findall(download_reference)):
        address = pages.get(Path(node["reftarget"]).name)
        if address is None:
            continue
        run, paragraph = node.get("reftitle"), node.parent
        node.replace_self(nodes.reference("", "", *node.children, refuri=address))
        if run:
            frame = f'<iframe class="play" src="{address}?{run}" title="The mark of {run}"></iframe>'
            paragraph.parent.insert(paragraph.parent.index(paragraph) + 1, nodes.raw("", frame, format="html"))


def _copy_the_pages(app: Any, exception: Exception | None) -> None:
    """Put the report's pages where these links lead, with the file that they link to."""
    if exception is None:
        # An earlier build's copies are replaced.
        folder = Path(app.outdir) / _PAGE.parent
        folder.mkdir(exist_ok=True)
        for file in (_PAGE, _PLAY, _PAGE.with_name("claims.json")):
            shutil.copy(Path(app.srcdir) / file, folder)


def setup(app: Any) -> None:
    """Take part in the build."""
    app.connect("autodoc-skip-member", _keep_members_of_enums)
    app.connect("doctree-read", _link_the_pages, priority=1)
    app.connect("build-finished", _copy_the_pages)
