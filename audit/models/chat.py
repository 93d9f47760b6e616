"""Prompts: an ask's turns and cue as the one text that the model reads.

With a chat template, the template writes the text, begin-of-text token included. Templates
may ask for the date through a function `strftime_now`; a macro of that name is put before
the template, so that it gets the plan's date and the text is the same on every day. Without
a template, the system prompt and the turns follow each other as paragraphs and the cue
stands at the end.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.models.contract import Ask

_EVERYWHERE = "aAbBdjmyYHIMSp"  # what every platform's `strftime` knows after a per cent sign


@dataclass(frozen=True)
class Places:
    """Where an ask's parts start in its prompt; `cue` is None where there is no cue."""

    turns: tuple[int, ...]
    cue: int | None


@dataclass(frozen=True)
class Wording:
    """How prompts are written for one model.

    Attributes:
        template: The chat template that writes them; empty for none.
        system: The system prompt; empty for none.
        date: ISO 8601.
    """

    tokenizer: Any
    template: str
    system: str
    date: str

    def text(self, ask: Ask) -> str:
        """Return the prompt as the model reads it."""
        if self.template:
            return self._rendered(ask)
        paragraphs = [self.system] if self.system else []
        text = "\n\n".join((*paragraphs, *ask.turns))
        return f"{text}\n{ask.cue}" if ask.cue else text

    def places(self, ask: Ask, text: str) -> Places | None:
        """Return where the turns and the cue start in `text`.

        Returns:
            None if the chat template changed a turn's words, so that it is not found.
        """
        bare = self.system.strip()
        place = max(text.find(bare), 0) + len(bare)
        starts = []
        for turn in ask.turns:
            bare = turn.strip()
            found = text.find(bare, place)
            if found < 0:
                return None
            starts.append(found - (len(turn) - len(turn.lstrip())))
            place = found + len(bare)
        cue = len(text) - len(ask.cue) if ask.cue and not self.template else None
        return Places(tuple(starts), cue)

    def _rendered(self, ask: Ask) -> str:
        day = date.fromisoformat(self.date[:10])
        messages = [{"role": "system", "content": self.system}] if self.system else []
        for number, turn in enumerate(ask.turns):
            messages.append({"role": ("user", "assistant")[number % 2], "content": turn})
        rendered = self.tokenizer.apply_chat_template(
            messages,
            chat_template=_clock(day) + self.template,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,  # some templates else open a train of thought before the answer
            date_string=day.strftime("%d %b %Y"),
        )
        return str(rendered)


def _clock(day: date) -> str:
    """Return a template's macro that formats `day`, whatever the day on which it is rendered."""
    said = {"-d": f"{day.day}", "-m": f"{day.month}", "e": f"{day.day:2}", "F": day.isoformat()}
    said |= {directive: day.strftime(f"%{directive}") for directive in _EVERYWHERE}
    steps = "".join(f"|replace('%{key}', '{value}')" for key, value in said.items())
    return f"{{%- macro strftime_now(format) -%}}{{{{ format{steps} }}}}{{%- endmacro -%}}"
