"""What a failure must say: which certificate, what and why, and what to do next."""

import re


def assert_failed(outcome, certificate, cause, advice, exit_code=1):
    """The run failed for this certificate: one line names it, the cause and the next step.

    cause, advice: regular expressions, whatever the case. JSON says the same.
    """
    assert outcome.exit_code == exit_code
    lines = [line for line in outcome.err.splitlines() if certificate.arn in line]
    assert lines, "no line names the certificate"
    said = [line for line in lines if re.search(cause, line, re.I)]
    assert said, f"no line of the certificate gives the cause {cause!r}"
    assert any(re.search(advice, line, re.I) for line in said), f"no advice like {advice!r}"
    reported = outcome.certificates[certificate.arn]
    assert reported["result"] == "failed"
    assert re.search(cause, reported["reason"], re.I), reported
    assert re.search(r"; \w", reported["reason"]), "what to do next does not follow the cause"
