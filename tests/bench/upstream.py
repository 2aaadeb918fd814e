"""AWS's own agent ("upstream"), measured as ours is.

It has no `once`: it stays, waits up to 5 seconds at its start, and says in its log when a
certificate is there. So it is ended when all are, and its time is that of the process until then.
"""

import os
import re
import subprocess
import time
from dataclasses import dataclass

from measure import quiet, rollup

LOG = "logs/acm_provider.log"
SUCCESS = "Certificate refresh successful"
PATIENCE_SECONDS = 60

# On an idle machine with two cores (x86-64), against the same simulated AWS, medians: milliseconds
# for 1, 10 and 50 certificates. Kilobytes with 1 and 50.
CPU = {"keeps": ("33", "42", "63"), "closes": ("36", "45", "75-90")}
SIZE = 20_297_072
PEAK = {1: 16_100, 50: 17_400}
ASLEEP = {1: (15_500, 3_600), 50: (17_000, 4_800)}  # PSS, anonymous


def upstream_environment(aws, directory):
    return {
        "PATH": os.environ["PATH"], "HOME": str(directory), "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_STS": aws.url, "AWS_ENDPOINT_URL_ACM": aws.url,
        "SSL_CERT_FILE": str(aws.ca_bundle), **aws.environment,
    }


def successes(log):
    return log.read_text().count(SUCCESS) if log.exists() else 0


@dataclass
class Measured:
    """Milliseconds of user and system time; kilobytes when it was done, which it keeps."""

    cpu: float
    pss: int
    anonymous: int


def measure(binary, config, aws, certificates):
    """One start, from the first file to the last."""
    directory = config.parent
    log = directory / LOG
    # Its configuration is ours without what only ours knows.
    config.write_text(re.sub(r"\[edge\][^[]*", "", config.read_text()))
    null = quiet()
    process = subprocess.Popen(
        [binary, "acm", "start", "-c", str(config)], cwd=directory, stdin=null, stdout=null,
        stderr=null, env=upstream_environment(aws, directory),
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while successes(log) < certificates:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"bench: {binary} did not fetch its certificates")
        time.sleep(0.02)
    memory = rollup(process.pid)
    process.terminate()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    os.close(null)
    return Measured((usage.ru_utime + usage.ru_stime) * 1000, memory.pss, memory.anonymous)
