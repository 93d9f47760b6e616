"""A room's plugins are its files and the entry points of other packages; nothing is registered."""

import importlib
import sys

import pytest

from audit import analyses, attribution, cli, measurement, metrics, models, plugins
from audit.attribution.contract import Method
from audit.cli.contract import Command
from audit.errors import RequestError
from audit.measurement.contract import Instrument
from audit.metrics.contract import Metric
from audit.records.estimates import Disparity
from audit.records.observations import ChoiceProbabilities, OrderAnswers
from audit.storage import folder as run_folder

PACKAGE = '''
"""Twice the log-odds: a third party's metric."""
from audit.metrics.contract import Metric
from audit.metrics.log_odds import PLUGIN as LOG_ODDS


def doubled(response):
    return {facet: 2 * value for facet, value in LOG_ODDS.measure(response).items()}


PLUGIN = Metric(
    **{field: getattr(LOG_ODDS, field) for field in LOG_ODDS.__dataclass_fields__}
    | {"name": "twice_log_odds", "measure": doubled, "primary": frozenset()}
)
'''
ENTRY_POINTS = "[samata.metrics]\ntwice_log_odds = odd_package:PLUGIN\n"
ROOMS = (analyses, attribution, cli, measurement, metrics, models)


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    """Install a package as pip lays it: the module and its `.dist-info`."""
    site = tmp_path / "site"
    meta = site / "odd_package-1.0.dist-info"
    meta.mkdir(parents=True)
    (site / "odd_package.py").write_text(PACKAGE)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-package\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(ENTRY_POINTS)
    (meta / "RECORD").write_text("odd_package.py,,\n")
    monkeypatch.syspath_prepend(site)
    importlib.invalidate_caches()
    yield
    sys.modules.pop("odd_package", None)


ANSWER = ChoiceProbabilities(
    favourable="yes",
    unfavourable="no",
    orders=(OrderAnswers(order=("yes", "no"), log_probs=(-1.0, -2.0)),),
)


def test_a_third_party_s_metric_is_found_by_name(third_party):
    assert "twice_log_odds" in plugins.names(metrics)
    metric = plugins.load(metrics, "twice_log_odds", Metric)
    own = plugins.load(metrics, "log_odds", Metric)
    assert metric.measure(ANSWER)[""] == 2 * own.measure(ANSWER)[""] == 2.0
    assert metric in plugins.load_all(metrics, Metric)


def test_without_the_package_it_is_not_there():
    assert "twice_log_odds" not in plugins.names(metrics)
    with pytest.raises(RequestError, match=r"audit\.metrics has no 'twice_log_odds'; "):
        plugins.load(metrics, "twice_log_odds", Metric)


@pytest.mark.usefixtures("third_party")
def test_it_is_used_in_a_run(make_folder, tmp_path):
    from audit import api

    run = api.audit(
        str(make_folder("llama")),
        out=tmp_path / "run",
        profile="quick",
        suites=("employment/shortlist.en",),
        axes=("gender",),
        scope={"cues": ("label",)},
        sampling={"limit": 24, "threads": 1},
        output={"pdf": False},
    )
    found = run_folder.read_records(run.folder, run_folder.DISPARITIES, Disparity)
    by_metric = {
        one.metric: one.estimate.value for one in found if one.group == "woman" and not one.facet
    }
    assert by_metric["twice_log_odds"] == pytest.approx(2 * by_metric["log_odds"])
    assert {one.disparity.metric for one in run.findings} == {"log_odds"}
    assert [page.name for page in run.pages] == ["report.html"]


def test_a_near_miss_is_answered_with_the_name():
    with pytest.raises(RequestError) as caught:
        plugins.load(metrics, "log_ods", Metric)
    assert str(caught.value) == "audit.metrics has no 'log_ods'; did you mean 'log_odds'?"
    with pytest.raises(RequestError, match=r"it has .*log_odds"):
        plugins.load(metrics, "zzzz", Metric)


def test_a_plugin_of_another_kind_is_a_programmer_s_error():
    with pytest.raises(TypeError, match="the plugin 'log_odds' is no Command"):
        plugins.load(metrics, "log_odds", Command)
    assert plugins.load_all(metrics, Command) == ()


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_names_are_those_of_the_files_that_have_a_plugin(room):
    names = plugins.names(room)
    assert names == tuple(sorted(names))
    assert len(names) >= 1
    assert "contract" not in names
    assert "__init__" not in names


@pytest.mark.parametrize(
    ("room", "kind"),
    [(metrics, Metric), (measurement, Instrument), (attribution, Method)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_plugin_is_called_as_its_file(room, kind):
    for name in plugins.names(room):
        assert plugins.load(room, name, kind).name == name


def test_listing_imports_nothing():
    import subprocess

    program = (
        "import sys; from audit import metrics, models, plugins; "
        "assert len(plugins.names(metrics)) > 3; assert 'causal' in plugins.names(models); "
        "bad = [m for m in sys.modules if m.startswith(('audit.metrics.', 'torch'))]"
        "; sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
