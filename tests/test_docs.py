"""The manual as a whole: its links lead somewhere, its commands and options are there."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Final

import click
import pytest

from modemd.cli.main import COMMANDS
from tests.house import ROOT

PAGES: Final = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
}
LINKS: Final = sorted(
    {
        (page, found[1])
        for page, text in PAGES.items()
        for found in re.finditer(r"\]\(([^)\s]+)\)", text)
        if not re.match(r"https?:", found[1])
    }
)
OPTIONS: Final = sorted(
    {
        (" ".join(filter(None, found.groups()[:2])), option)
        for text in PAGES.values()
        for found in re.finditer(r"(?<![\w/.-])modemd ([a-z]+)(?: ([a-z]+))?\b([^`\n|#]*)", text)
        for option in re.findall(r"(?<= )--[a-z][a-z-]*", found[3])
        if found[1] in COMMANDS
    }
)


def headings(text: str) -> set[str]:
    """What a page's headings are called in links to them."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_every_link_leads_somewhere(page: str, link: str) -> None:
    there, _, heading = link.partition("#")
    path = (ROOT / page).parent / there if there else ROOT / page
    assert path.is_file()
    assert not heading or heading in headings(path.read_text("utf-8"))


def test_the_readme_leads_to_every_page() -> None:
    assert {page for page in PAGES if page.startswith("docs/")} <= {link for _, link in LINKS}


@pytest.mark.parametrize(("words", "option"), OPTIONS)
def test_every_option_that_a_page_tells_is_there(words: str, option: str) -> None:
    command, _, verb = words.partition(" ")
    made = getattr(import_module(f"modemd.cli.{COMMANDS[command].module}"), COMMANDS[command].name)
    assert isinstance(made, click.Command)
    verbs = made.commands if isinstance(made, click.Group) else {}
    meant = [verbs[verb]] if verb in verbs else [made, *verbs.values()]
    known = {each for one in meant for parameter in one.params for each in parameter.opts}
    assert option in known | {"--help"}
