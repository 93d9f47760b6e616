"""Languages: their names, and the 22 of the Eighth Schedule.

Source: Constitution of India, Eighth Schedule, as amended to the Ninety-second Amendment.
"""

SCHEDULED = {
    "as": "Assamese",
    "bn": "Bengali",
    "brx": "Bodo",
    "doi": "Dogri",
    "gu": "Gujarati",
    "hi": "Hindi",
    "kn": "Kannada",
    "ks": "Kashmiri",
    "gom": "Konkani",
    "mai": "Maithili",
    "ml": "Malayalam",
    "mni": "Manipuri",
    "mr": "Marathi",
    "ne": "Nepali",
    "or": "Odia",
    "pa": "Punjabi",
    "sa": "Sanskrit",
    "sat": "Santali",
    "sd": "Sindhi",
    "ta": "Tamil",
    "te": "Telugu",
    "ur": "Urdu",
}
OTHERS = {"en": "English"}
ALIASES = {"kok": "gom", "ori": "or", "ory": "or"}


def language_name(code: str) -> str:
    """Return a language's name, e.g. "hi-Latn" -> "Hindi (Latn)"; an unknown code as it is."""
    stem, _, rest = code.partition("-")
    stem = ALIASES.get(stem, stem)
    name = SCHEDULED.get(stem) or OTHERS.get(stem) or stem
    return f"{name} ({rest})" if rest else name


def scheduled(codes: set[str]) -> tuple[list[str], list[str]]:
    """Return the names of the scheduled languages among the codes, and of the others."""
    stems = {ALIASES.get(stem, stem) for stem in (code.partition("-")[0] for code in codes)}
    tested = [name for code, name in SCHEDULED.items() if code in stems]
    return tested, [name for code, name in SCHEDULED.items() if code not in stems]
