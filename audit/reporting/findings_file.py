"""The findings as a file: what a report shows, for programs to read."""

import json

from audit.reporting.dossier import Dossier


def findings_json(dossier: Dossier) -> str:
    """Return scorecard, findings and all disparities as JSON with sorted keys."""
    content = {
        "format": "samata-findings-1",
        "audit": dossier.audit_id,
        "planned": dossier.run.spec.date,
        "model": dossier.run.stamp.model.model_dump(mode="json"),
        "policy": dossier.run.stamp.policy,
        "scorecard": dossier.scorecard.model_dump(mode="json"),
        "findings": [finding.model_dump(mode="json") for finding in dossier.findings],
        "disparities": [disparity.model_dump(mode="json") for disparity in dossier.disparities],
        "heterogeneity": [one.model_dump(mode="json") for one in dossier.heterogeneity],
        "non_answers": [one.model_dump(mode="json") for one in dossier.non_answers],
        "exploratory": [one.model_dump(mode="json") for one in dossier.exploratory],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
