"""Derive: what follows from the observations alone, and can be done again at any time."""

from audit import analyses, metrics, plugins
from audit.analyses.contract import Account, Analysis, Observed, Synthesis, Tally
from audit.analyses.observed import observe
from audit.analyses.word_evidence import rank_summaries
from audit.findings.detect import detect
from audit.findings.exemplars import with_exemplars
from audit.findings.exploratory import explore
from audit.findings.judged import judged_by
from audit.metrics.contract import Metric
from audit.pipeline.calibrating import disclaimer
from audit.pipeline.explaining import evidence_of, explained_sides
from audit.pipeline.looking import views
from audit.pipeline.measuring import observations
from audit.pipeline.planning import Work
from audit.pipeline.trade_offs import what_ifs
from audit.pipeline.trusting import write_trust
from audit.records.estimates import Disparity
from audit.records.findings import Finding
from audit.records.inside import Inside
from audit.records.observations import Failure
from audit.scoring.scorecard import score
from audit.storage import folder as run_folder


def observed(work: Work) -> Observed:
    """Return all observations as columns."""
    return observe(
        sets=work.sets,
        suites=work.library.suites,
        observations=observations(work),
        metrics=plugins.load_all(metrics, Metric),
        policy=work.policy,
        seed=work.run.spec.seed,
    )


def analyse(work: Work, seen: Observed) -> None:
    """Turn observations into disparities, and into what is compared beside them."""
    questions = plugins.load_all(analyses, Analysis)
    tallies = plugins.load_all(analyses, Tally)
    syntheses = plugins.load_all(analyses, Synthesis)
    work.watcher.stage("analyse", len(questions) + len(tallies) + len(syntheses))
    disparities: list[Disparity] = []
    for analysis in questions:
        disparities += analysis.answer(seen)
        work.watcher.advance(1)
    judged = judged_by(disparities, work.policy)
    run_folder.write_records(work.folder, run_folder.DISPARITIES, judged)
    counted = [one for tally in tallies for one in tally.answer(seen)]
    run_folder.write_records(work.folder, run_folder.NON_ANSWERS, counted)
    work.watcher.advance(len(tallies))
    pooled = [one for synthesis in syntheses for one in synthesis.answer(judged)]
    run_folder.write_records(work.folder, run_folder.HETEROGENEITY, pooled)
    work.watcher.advance(len(syntheses))


def judge(work: Work, seen: Observed) -> None:
    """Judge the disparities under the policy, and choose what shows each finding."""
    work.watcher.stage("detect", 1)
    disparities = run_folder.read_records(work.folder, run_folder.DISPARITIES, Disparity)
    library = work.library
    findings = detect(disparities, work.policy, library.suites, library.name_lists)
    shown = with_exemplars(findings, seen)
    run_folder.write_records(work.folder, run_folder.FINDINGS, shown)
    run_folder.write_records(work.folder, run_folder.EXPLORATORY, explore(disparities))
    work.watcher.advance(1)


def gather(work: Work) -> None:
    """Analyse again: which words pairs rest on, how far to trust that, what was seen inside."""
    work.watcher.stage("gather", 1)
    sets = {one.id: one for one in work.sets}
    evidence = evidence_of(work, explained_sides(work))
    run_folder.write_records(work.folder, run_folder.WORD_EVIDENCE, evidence)
    ranks = rank_summaries(evidence, sets)
    run_folder.write_records(work.folder, run_folder.WORD_RANKS, ranks)
    inside = [*_accounts(work), *what_ifs(work)]
    run_folder.write_records(work.folder, run_folder.INSIDE, inside)
    write_trust(work, evidence)
    work.watcher.advance(1)


def _accounts(work: Work) -> list[Inside]:
    """Return what the views of the network come to, over all pairs."""
    accounts = plugins.load_all(analyses, Account)
    found: list[Inside] = []
    for account in accounts:
        seen = views(work)  # afresh: views are read from the disk once
        if set(account.reads) <= set(seen):
            found += account.answer({name: seen[name] for name in account.reads})
    return found


def rate(work: Work, seen: Observed) -> None:
    """Score the findings under the policy."""
    work.watcher.stage("score", 1)
    findings = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    disparities = run_folder.read_records(work.folder, run_folder.DISPARITIES, Disparity)
    failures = [one for one in observations(work) if isinstance(one, Failure)]
    card = score(
        findings,
        disparities,
        seen,
        work.policy,
        work.run.spec,
        failures,
        disclaims=disclaimer(work.folder),
    )
    run_folder.write_record(work.folder, run_folder.SCORECARD, card)
    work.watcher.advance(1)
