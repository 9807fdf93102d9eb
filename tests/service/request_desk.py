"""An office that answers requests, and what it told about each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modemd.model import Reply
from modemd.service import requests
from modemd.service.modems import modem_orders
from modemd.service.outbox import MQTT
from modemd.service.requests import Wake
from modemd.service.rules import Rules
from modemd.store import outbox
from tests.service.office import Office, rules_of, with_broker

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "+32475111111"


class Desk:
    """An office that answers requests."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        rules = with_broker(rules_of(**{"accounts": {"clinic": {}, "shop": {}}} | sections))
        self.office = Office(folder, rules)
        for name in ("gsm1", "gsm2"):
            self.office.be(name, "ready")
        self.woken = Wake()
        self._behind = 0

    @property
    def rules(self) -> Rules:
        return self.office.rules

    def run(self, job: Any) -> Any:
        return self.office.run(job)

    def ask(
        self, verb: str, payload: Any = None, *, account: str | None = None, reply: Reply | None = None
    ) -> None:
        octets = payload if isinstance(payload, bytes) else json.dumps(payload or {}).encode()
        self.woken = self.run(
            lambda tx: requests.answer(tx, verb, account, octets, self.rules, self.office.now, reply)
        )

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The responses since the last look, each with its topic."""
        found = self.run(lambda tx: outbox.untold(tx, MQTT, self._behind, 10_000))
        self._behind = max([self._behind, *(row.id for row in found)])
        return [(row.topic, json.loads(row.body)) for row in found if row.event == "RESPONSE"]

    def answer(self, verb: str, payload: Any = None, *, account: str | None = None) -> dict[str, Any]:
        """The one response."""
        self.told()
        self.ask(verb, payload, account=account)
        [(topic, body)] = self.told()
        assert topic == (f"response/{verb}" if account is None else f"response/{verb}/{account}")
        assert set(body) == {"transaction", "status", "data", "error"}
        assert (body["status"] == "ok") == (body["error"] is None)
        return body

    def data(self, verb: str, payload: Any = None, *, account: str | None = None) -> Any:
        body = self.answer(verb, payload, account=account)
        assert body["error"] is None, body
        return body["data"]

    def error(self, verb: str, payload: Any = None, *, account: str | None = None) -> tuple[str, str]:
        body = self.answer(verb, payload, account=account)
        assert body["data"] is None
        assert body["error"] is not None, body
        return body["error"]["code"], body["error"]["reason"]

    def begin(self, name: str = "gsm1") -> modem_orders.Order | None:
        order: modem_orders.Order | None = self.run(
            lambda tx: modem_orders.begin(tx, self.office.ids[name], self.office.now)
        )
        return order

    def finish(self, order_id: int, answer: Any) -> None:
        self.run(lambda tx: modem_orders.finish(tx, self.rules, order_id, answer, self.office.now))

    def overdue(self, **pause: float) -> int:
        count: int = self.run(lambda tx: modem_orders.overdue(tx, self.rules, self.office.later(**pause)))
        return count
