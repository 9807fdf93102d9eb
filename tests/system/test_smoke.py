"""A file goes out, its report comes back, an answer comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.system.gateway import Site


def test_a_file_goes_out_and_an_answer_comes_in(site: Site) -> None:
    site.simulate("--reply", "Thank you")
    site.afresh = True
    assert site.start() < 4
    site.drop("hello", "To: 32475123456\n\nHello")
    site.until_in("sent", "hello")
    site.until(lambda: site.names("report") and site.names("incoming"), "report and answer")
    assert site.states() == ["delivered"]
    headers = site.headers("sent", "hello")
    assert headers["Modem"] in {"gsm1", "gsm2"}
    assert headers["Message_id"] == "0"
    [report], [answer] = site.names("report"), site.names("incoming")
    assert "Status: 0,Ok,short message received by the SME" in site.text("report", report)
    assert site.headers("incoming", answer)["From"] == "32475123456"
    assert site.text("incoming", answer).endswith("\n\nThank you")
    assert site.stop() < 5
    assert not site.names("outgoing")
    assert not site.names("checked")
