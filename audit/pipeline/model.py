"""Load the model that a spec names: which backend, and from where.

A reference `NAME:REST` goes to the backend plugin of that name, if there is one; anything else
is a folder or a hub id for the causal backend.
"""

from audit import models, plugins
from audit.controls.standards import folder
from audit.models.contract import Backend, Model
from audit.records.runs import RunSpec

_STANDARD = "embedded:"
_BACKEND = "causal"


def load_model(spec: RunSpec, threads: int) -> Model:
    """Load the model under audit.

    `embedded:NAME` is a folder like any other once it is found; only its name is kept.

    Raises:
        ModelError: If it cannot be loaded as asked.
        RequestError: If there is no embedded model of that name.
    """
    request = spec.model
    if request.reference.startswith(_STANDARD):
        place = folder(request.reference.removeprefix(_STANDARD))
        request = request.model_copy(update={"reference": str(place)})
    backend = plugins.load(models, _backend(request.reference), Backend)
    return backend.load(request, date=spec.date, threads=threads)


def display_name(reference: str, loaded: str) -> str:
    """Return the name that stands in records: never a path of one machine."""
    return reference if reference.startswith(_STANDARD) else loaded


def _backend(reference: str) -> str:
    scheme, colon, _ = reference.partition(":")
    return scheme if colon and scheme in plugins.names(models) else _BACKEND
