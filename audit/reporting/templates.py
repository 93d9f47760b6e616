"""Templates: where they lie, and the environment that renders them.

Undefined names are errors, every text is made visible and escaped, and the listing of
`sections/` is the table of contents.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import audit
from audit.reporting import formatting, sentences, what_ifs
from audit.reporting.coverage import verdict_counts
from audit.reporting.visible import visible

_FILTERS: tuple[Callable[..., Any], ...] = (
    formatting.number,
    formatting.signed,
    formatting.interval,
    formatting.interval90,
    formatting.p_value,
    formatting.p_equals,
    formatting.percent,
    formatting.points,
    formatting.share,
    formatting.whole,
    formatting.counted,
    formatting.short,
    formatting.listed,
    formatting.even_chance,
    formatting.true_minus,
    formatting.capital,
    formatting.clipped,
    sentences.family_words,
    sentences.needed,
    sentences.next_step,
    sentences.precision,
    sentences.title,
    sentences.what_happens,
    verdict_counts,
    what_ifs.cost,
)


@dataclass(frozen=True)
class Section:
    """A rendered section: its address, its title and its body."""

    anchor: str
    title: str
    body: Markup


def folder() -> Path:
    """Return the templates' folder: beside the package in a checkout, inside it in a wheel."""
    package = Path(audit.__file__).parent
    beside, inside = package.parent / "templates", package / "_templates"
    return inside if inside.is_dir() else beside


def environment() -> Environment:
    """Return the environment that renders a report."""
    made = Environment(
        loader=FileSystemLoader(folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({each.__name__: each for each in _FILTERS})
    return made


def styles(*, paper: bool) -> Markup:
    """Return the style sheets as one, in the order of their names; they are no templates.

    What only a browser understands stands in sheets named `*_browser.css`.
    """
    sheets = sorted((folder() / "style").glob("*.css"))
    sheets = [sheet for sheet in sheets if not (paper and sheet.stem.endswith("_browser"))]
    return Markup("\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets))  # noqa: S704


def sections(made: Environment, context: dict[str, Any]) -> tuple[Section, ...]:
    """Render every section; a section that says nothing is left out."""
    names = sorted(name for name in made.list_templates() if name.startswith("sections/"))
    rendered = (_section(made, name, context) for name in names)
    return tuple(section for section in rendered if section.body.strip())


def _section(made: Environment, name: str, context: dict[str, Any]) -> Section:
    module = made.get_template(name).make_module(context)
    anchor = name.removeprefix("sections/").removesuffix(".html").partition("_")[2]
    return Section(anchor.replace("_", "-"), str(vars(module)["title"]), Markup(str(module)))  # noqa: S704


def _finalize(value: object) -> object:
    """Make every text that a template prints visible before it is escaped."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value)
