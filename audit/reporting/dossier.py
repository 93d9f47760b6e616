"""The dossier: everything a report may show, read from a run folder beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audit.records.calibration import Calibration, Placebo
from audit.records.contrasts import Heterogeneity, NonAnswers
from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity, RankSummary
from audit.records.faithfulness import (
    MethodAgreement,
    MethodTrust,
    ResponsibleShare,
    ResponsibleWords,
)
from audit.records.findings import Finding, Policy
from audit.records.identities import Axis, NameList
from audit.records.inside import Inside
from audit.records.internals import Looked
from audit.records.ledgers import LedgerRefused, RelevanceLedger
from audit.records.observations import Measurement, WordEvidence
from audit.records.probes import ProbeSuite
from audit.records.runs import Deviation, RunFile
from audit.records.scores import Scorecard
from audit.records.selection import Exploratory


@dataclass(frozen=True)
class Pictured:
    """What one question saw in one pair that the report shows."""

    look: Looked
    arrays: Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class InsideView:
    """What was seen inside the network.

    Attributes:
        asked: Question about the network -> what its answer cannot show.
        pooled: What it comes to over all pairs.
        pictured: The pairs that the report shows, those of the worst finding first.
        refused: Question, reason, and in how many pairs it could not be asked for it.
    """

    asked: Mapping[str, str] = field(default_factory=dict)
    pooled: tuple[Inside, ...] = ()
    pictured: tuple[Pictured, ...] = ()
    refused: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class Dossier:
    """A run, ready to be shown; reporting adds no number to it.

    Attributes:
        audit_id: Short digest of the plan; names the audit in print.
        suites: By suite key, e.g. "healthcare/triage.hi", as asked.
        axes: By axis key.
        sets: By set id; at least the sets of all exemplars and of all word evidence.
        answers: By variant id; at least the variants of all exemplars.
        heterogeneity: How far each gap lies apart between languages.
        non_answers: How often each group got no usable answer.
        exploratory: Comparisons to look at, not to decide by.
        inside: What was seen inside the network.
        methods: Attribution method -> what it cannot show.
        calibration: None where the run measured nothing of its own sensitivity.
        placebos: Every same-group contrast, as it was judged.
        trust: How far each method's maps can be trusted.
        ledgers: Where the shares of a method go on this model, or why it is refused there.
        agreements: How far every two methods agree.
        responsible: For each explained pair the words on which both kinds of method agree.
        responsible_share: In how many pairs there are any; None where one kind alone was asked.
    """

    audit_id: str
    run: RunFile
    policy: Policy
    suites: Mapping[str, ProbeSuite]
    axes: Mapping[str, Axis]
    name_lists: Mapping[str, NameList]
    disparities: tuple[Disparity, ...]
    findings: tuple[Finding, ...]
    scorecard: Scorecard
    heterogeneity: tuple[Heterogeneity, ...]
    non_answers: tuple[NonAnswers, ...]
    exploratory: tuple[Exploratory, ...]
    sets: Mapping[str, CounterfactualSet]
    answers: Mapping[str, Measurement]
    evidence: tuple[WordEvidence, ...]
    ranks: tuple[RankSummary, ...]
    methods: Mapping[str, str]
    deviations: tuple[Deviation, ...]
    calibration: Calibration | None = None
    placebos: tuple[Placebo, ...] = ()
    trust: tuple[MethodTrust, ...] = ()
    ledgers: tuple[RelevanceLedger | LedgerRefused, ...] = ()
    agreements: tuple[MethodAgreement, ...] = ()
    responsible: tuple[ResponsibleWords, ...] = ()
    responsible_share: ResponsibleShare | None = None
    inside: InsideView = InsideView()

    @property
    def black_box(self) -> bool:
        """Whether the model under audit cannot be reached inside."""
        return "Intervenes" not in self.run.stamp.model.capabilities
