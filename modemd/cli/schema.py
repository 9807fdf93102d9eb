"""``modemd schema``: the contract in a form that programs read."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command()
@click.argument("what", type=click.Choice(["config"]), default="config")
def schema(what: str) -> None:
    """Print a JSON Schema: `config` for the configuration (editors complete and check with it)."""
    click.echo(json.dumps({"config": config_schema}[what](), indent=2, ensure_ascii=False))


def config_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    from modemd.config import Config  # noqa: PLC0415  pydantic is loaded when it is needed

    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Config.model_json_schema()
