"""``kill -9`` at random moments: nothing accepted is lost; at worst one part per modem and kill repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system import kills

if TYPE_CHECKING:
    from tests.system.gateway import Site


@pytest.mark.parametrize("reports", [True, False], ids=["reports", "no reports"])
def test_a_daemon_that_is_killed_again_and_again(site: Site, reports: bool) -> None:
    figures = kills.run(site, kills=6, messages=120, reports=reports, seed=20261122)
    assert figures.lost == []
    assert figures.strange == []
    assert figures.received_wrongly == []
    assert figures.repeated <= (0 if reports else figures.kills * figures.modems)
    assert len(figures.sent_files) == len(set(figures.sent_files)) == 120
    assert figures.left == {"outgoing": [], "checked": [], "failed": []}
