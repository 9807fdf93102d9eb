"""``modemd schema``: the contract in a form that programs read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from modemd import __version__
from modemd.cli.config_option import takes_config
from modemd.formats.asyncapi import Door, asyncapi
from modemd.formats.payloads_table import payload_schemas


@click.command()
@takes_config
@click.argument("what", type=click.Choice(["config", "payloads", "asyncapi"]), default="config")
@click.pass_context
def schema(ctx: click.Context, what: str) -> None:
    """Print the contract as JSON, for programs.

    \b
    config    JSON Schema of the configuration: editors complete and check with it
    payloads  JSON Schemas of what is on the MQTT topics, by the payloads' names
    asyncapi  AsyncAPI 3.0 document of the MQTT topics: of the broker, prefix and
              gateway that the configuration names, where there is one
    """  # noqa: D301 - click wants the backspace itself
    click.echo(json.dumps(_MAKERS[what](ctx.obj), indent=2, ensure_ascii=False))


def config_schema(_path: Path | None = None) -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    from modemd.config import Config  # noqa: PLC0415  pydantic is loaded when it is needed

    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Config.model_json_schema()


def _door(path: Path) -> Door:
    """What the configuration says of the broker; without a configuration, or ``mqtt:`` in it, an example."""
    from modemd.cli.main import DEFAULT_CONFIG  # noqa: PLC0415  it is there: it has called us
    from modemd.config import load  # noqa: PLC0415

    if path == Path(DEFAULT_CONFIG) and not path.exists():
        return Door(version=__version__)
    config = load(path)
    mqtt, name = config.mqtt, config.gateway.name
    if mqtt is None:
        return Door(version=__version__)
    return Door(
        version=__version__,
        gateway=name,
        host=mqtt.host,
        port=mqtt.port,
        tls=mqtt.tls is not None,
        user=mqtt.username,
        certificate=mqtt.tls is not None and mqtt.tls.cert_file is not None,
        prefix=mqtt.prefix,
        client_id=mqtt.client_id or f"modemd-{name}",
        keepalive_s=mqtt.keepalive_s,
        session_expiry_s=mqtt.session_expiry_s,
    )


_MAKERS: Final[dict[str, Callable[[Path], dict[str, Any]]]] = {
    "config": config_schema,
    "payloads": lambda _path: payload_schemas(),
    "asyncapi": lambda path: asyncapi(_door(path)),
}
