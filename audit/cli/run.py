"""`samata run MODEL|AUDIT.toml`: plan an audit, carry it out, write the report."""

from audit.cli.contract import Command
from audit.cli.options import (
    Axes,
    BatchTokens,
    Chat,
    Cues,
    Date,
    Device,
    DType,
    Json,
    Languages,
    Limit,
    Offline,
    Out,
    Pdf,
    PolicyName,
    ProfileName,
    Remote,
    Revision,
    Seed,
    Suites,
    SystemPrompt,
    Target,
    Threads,
    asked,
    now,
    of_model,
)
from audit.cli.telling import tell
from audit.errors import ExitCode


def run(
    target: Target,
    out: Out = "",
    suite: Suites = [],
    axis: Axes = [],
    language: Languages = [],
    cue: Cues = [],
    profile: ProfileName = "",
    seed: Seed = None,
    limit: Limit = None,
    policy: PolicyName = "",
    revision: Revision = "",
    dtype: DType = "",
    device: Device = "",
    chat: Chat = None,
    system_prompt: SystemPrompt = "",
    trust_remote_code: Remote = False,
    offline: Offline = False,
    threads: Threads = None,
    batch_tokens: BatchTokens = None,
    date: Date = "",
    pdf: Pdf = None,
    as_json: Json = False,
) -> ExitCode:
    """Audit a model and write the report."""
    from audit.cli.progress import Shown
    from audit.pipeline.planning import begin
    from audit.pipeline.stages import carry_out

    wanted = asked(
        target,
        {
            "model": of_model(
                revision=revision,
                dtype=dtype,
                device=device,
                chat=chat,
                system_prompt=system_prompt,
                trust_remote_code=trust_remote_code,
                offline=offline,
            ),
            "scope": {"suites": suite, "axes": axis, "languages": language, "cues": cue},
            "sampling": {
                "profile": profile,
                "seed": seed,
                "limit": limit,
                "batch_tokens": batch_tokens,
                "threads": threads,
                "date": date,
            },
            "output": {"folder": out, "policy": policy, "pdf": pdf},
        },
    )
    with Shown() as shown:
        work = begin(
            wanted.spec,
            wanted.folder,
            threads=wanted.threads,
            audit_file=wanted.audit_file,
            watcher=shown,
        )
        carry_out(work, now)
    return tell(wanted.folder, as_json=as_json)


PLUGIN = Command(name="run", place=1, act=run)
