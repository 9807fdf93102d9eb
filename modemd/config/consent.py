"""Words that end and give consent, beside the ones that are built in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from modemd.config.types import Section

ConsentWord = Annotated[str, Field(min_length=1, max_length=40, pattern=r"\w")]


class ConsentWordsConfig(Section):
    """What people may write by SMS to end their consent, or to give it."""

    stop: tuple[ConsentWord, ...] = Field(
        (), description="words that end it, besides STOP and its like in Dutch, French, German and English"
    )
    start: tuple[ConsentWord, ...] = Field((), description="words that give it (back), besides START")

    @model_validator(mode="after")
    def _apart(self) -> ConsentWordsConfig:
        both = {word.casefold() for word in self.stop} & {word.casefold() for word in self.start}
        if both:
            raise ValueError(f"{min(both)!r} cannot both end consent and give it")
        return self
