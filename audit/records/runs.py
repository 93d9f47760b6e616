"""Runs: what was asked for, of which model, with which tools."""

from typing import Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record

FORMAT_VERSION = 1
NOT_STATED = "not stated"

Profile = Literal["quick", "standard", "deep"]


class ModelIdentity(Record):
    """Which model it was; two runs compare only if this is stated.

    Attributes:
        backend: The plugin that loaded it, e.g. "causal".
        name: As the user named it; never a path of one machine (a folder gives its name).
        weight_digest: Over the weight files' contents.
        notice: What the model's own config says every report must say.
        capabilities: The capabilities that it offers.
    """

    backend: str
    name: str
    family: str
    revision: str
    parameters: int
    weight_digest: str
    tokenizer_digest: str
    chat_template_digest: str
    dtype: str
    context_length: int
    capabilities: tuple[str, ...]
    notice: str = ""


class ModelRequest(Record):
    """Which model to load, and how."""

    reference: str
    revision: str = ""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    chat: Literal["auto", "on", "off"] = "auto"
    system_prompt: str = ""
    trust_remote_code: bool = False
    offline: bool = False


class Depth(Record):
    """How deep a run goes; a profile is a named depth.

    Attributes:
        templates: Templates per suite, 0 for all.
        names: Names per group, for labels and for names; 0 for all.
        explained: Pairs explained per finding that counts.
        explained_findings: Findings whose pairs are explained.
        internals: Questions put to the network, where the model lets it be looked into.
        screened: Pairs that the cheap ones of these questions are asked about.
        patched: Most pairs that the dear ones are asked about, 0 for all explained pairs.
        what_if_sets: Sets of one comparison that are measured again while the network is changed.
        network_spikes: Trials with a shift planted inside the network, where it can be reached.
        tried: Explained pairs whose words are taken out to test the maps, in all.
        randomised: Pairs of those that are explained again under random weights, in all.
    """

    templates: int = Field(ge=0)
    names: int = Field(ge=0)
    explained: int = Field(ge=0)
    explained_findings: int = Field(ge=0)
    network_spikes: int = Field(default=0, ge=0)
    tried: int = Field(default=0, ge=0)
    randomised: int = Field(default=0, ge=0)
    methods: tuple[str, ...]
    internals: tuple[str, ...] = ()
    screened: int = Field(default=0, ge=0)
    patched: int = Field(default=0, ge=0)
    what_if_sets: int = Field(default=0, ge=0)


class Engagement(Record):
    """Who asks whom for what: the audit file's statements; empty means not stated."""

    system: str = ""
    version: str = ""
    provider: str = ""
    intended_use: str = ""
    commissioned_by: str = ""
    auditor: str = ""
    independence: str = ""
    access_level: str = ""
    retention: str = ""
    distribution: str = ""
    risk: dict[str, str] = Field(default_factory=dict)


class RunSpec(Record):
    """What was asked for; with the same folder and spec, the same report.

    Attributes:
        date: The plan's date, ISO 8601; printed in reports and given to chat templates.
        suites: Names or globs of suites; empty for all.
        limit: Most sets per suite, 0 for no limit; a limited run carries no conclusion.
        batch_tokens: Tokens per batch; batches are a pure function of the plan.
        pdf: Whether the report is printed too.
        rerun_of: The audit whose sets are asked again; empty where they were drawn anew.
    """

    date: str
    model: ModelRequest
    suites: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    profile: Profile = "standard"
    depth: Depth
    seed: int = 0
    limit: int = Field(default=0, ge=0)
    policy: str = "default"
    batch_tokens: int = Field(default=4096, gt=0)
    pdf: bool = True
    rerun_of: str = ""
    engagement: Engagement = Engagement()


class Stamp(Record):
    """With which versions, device, threads and contents the run was planned."""

    samata: str
    python: str
    packages: dict[str, str]
    platform: str
    device: str
    threads: int
    model: ModelIdentity
    suites: dict[str, str]
    probes: dict[str, str]
    policy: str
    audit_file: str = ""
    requests: int


class Sitting(Record):
    """One stretch of work on the run; the only place where times are kept."""

    started: str
    ended: str = ""
    ending: str = ""
    seconds: dict[str, float] = Field(default_factory=dict)


class RunFile(Record):
    """`run.json`: the plan, fixed before any answer, and the sittings since."""

    format_version: int = FORMAT_VERSION
    spec: RunSpec
    stamp: Stamp
    sittings: tuple[Sitting, ...] = ()

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.format_version != FORMAT_VERSION:
            raise ValueError(
                f"run folder of format {self.format_version}; this version reads {FORMAT_VERSION}"
            )
        return self


class Deviation(Record):
    """Something that went otherwise than planned."""

    stage: str
    what: str
    detail: str


class Manifest(Record):
    """Digests of every file of a finished run; `run.json` by its plan, without the times."""

    format_version: int = FORMAT_VERSION
    plan: str
    files: dict[str, str]
