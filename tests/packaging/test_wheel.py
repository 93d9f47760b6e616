"""What `pip install` brings is the whole product: it audits with no checkout in sight."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the checkout without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def files(folder):
    return {
        path.relative_to(ROOT / folder).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_nothing_but_the_package_lies_at_the_top(names):
    tops = {name.partition("/")[0] for name in names}
    assert len(tops) == 2
    assert "audit" in tops
    (other,) = tops - {"audit"}
    assert other.endswith(".dist-info")


def test_probes_and_templates_lie_inside_the_package(names):
    for folder in ("probes", "templates"):
        inside = {
            name.removeprefix(f"audit/_{folder}/")
            for name in names
            if name.startswith(f"audit/_{folder}/")
        }
        assert inside == files(folder)
        assert len(inside) > 10


def test_every_module_policy_and_licence_is_there(names):
    modules = {name.removeprefix("audit/") for name in names if name.startswith("audit/")}
    shipped = {name for name in files("audit") if Path(name).suffix in (".py", ".toml", ".typed")}
    assert shipped <= modules
    assert "findings/policies/default.toml" in shipped
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") or "__pycache__" in name for name in names)


def test_the_package_pins_no_cpu_torch(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (meta,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        text = archive.read(meta).decode()
    needed = [line for line in text.splitlines() if line.startswith("Requires-Dist: torch")]
    assert needed
    assert not any("==" in line or "cpu" in line for line in needed)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A clean environment with the wheel; the libraries under it are lent by this one.

    The `.pth` comes after the environment's own packages, so `audit` is the wheel's.
    """
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--disable-pip-version-check", "--target", str(site), str(wheel)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    lent = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in sorted(lent)))
    return folder


@pytest.fixture(scope="module")
def clean(installed, tmp_path_factory):
    """Run Python of the clean environment in another folder, with no checkout on the path."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}

    def ran(*arguments):
        return subprocess.run(
            [str(installed / "bin" / "python"), *arguments],
            cwd=elsewhere,
            env=kept | {"COLUMNS": "100"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    ran.folder = elsewhere
    return ran


@pytest.mark.slow
def test_the_installed_package_is_the_wheel_s_and_finds_its_files(installed, clean):
    program = (
        "import audit; from audit.places import shipped; "
        "print(audit.__file__, shipped('probes'), shipped('templates'))"
    )
    done = clean("-c", program)
    assert done.returncode == 0, done.stderr
    for place in done.stdout.split():
        assert Path(place).is_relative_to(installed)
        assert not Path(place).is_relative_to(ROOT)


@pytest.mark.slow
def test_a_small_audit_from_another_folder(installed, clean, make_folder):
    model = make_folder("llama")
    done = clean(
        "-m", "audit", "run", str(model), "--suite", "employment/*", "--axis", "gender",
        "--cue", "label", "--limit", "2", "--profile", "quick", "--threads", "1", "--no-pdf",
        "--out", "mine",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, *pages = done.stdout.splitlines()
    assert "prompts answered" in said
    assert pages[0] == "mine/report.html"
    assert (clean.folder / "mine" / "report.html").stat().st_size > 10_000
    done = clean("-m", "audit", "verify", "mine")
    assert done.stdout == "unchanged since the run was closed\n"
    done = clean(str(installed / "bin" / "samata"), "suites", "check")
    assert done.stdout == "0 faults\n" or not (installed / "bin" / "samata").exists()


@pytest.mark.slow
def test_the_standards_are_installed_too(clean):
    """The measuring standards are part of the wheel; their names come from the listing."""
    program = "from audit.controls.standards import names; print(*names())"
    from audit.controls.standards import names as here

    done = clean("-c", program)
    assert tuple(done.stdout.split()) == here()
