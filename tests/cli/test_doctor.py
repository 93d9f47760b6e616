"""`samata doctor` looks at what an audit needs, and says how to mend what is missing."""

from audit.errors import ExitCode


def test_every_line_is_well_or_has_its_mend(samata):
    done = samata("doctor")
    lines = done.out.splitlines()
    missing = [number for number, line in enumerate(lines) if line.startswith("MISSING ")]
    assert done.code == (ExitCode.FAULTS if missing else ExitCode.OK)
    assert lines[-1] == (f"{len(missing)} missing" if missing else "all well")
    for number in missing:
        assert lines[number + 1].strip().startswith("mend: ")
    for what in ("torch", "transformers", "device", "disk", "PDF"):
        assert any(line[8:].startswith(f"{what}: ") for line in lines), what


def test_without_fontconfig_it_says_what_to_install(samata, monkeypatch):
    monkeypatch.setenv("PATH", str(samata.here))
    done = samata("doctor")
    assert done.code == ExitCode.FAULTS
    assert "MISSING fonts: fc-list is missing: cannot tell" in done.out
    assert "mend: apt-get install fontconfig fonts-noto-core" in done.out
