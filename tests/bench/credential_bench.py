"""The part of `make bench` that is about where credentials come from: CPU, and requests."""

import os

from measure import cpu_milliseconds

from harness.metadata import CONTAINER
from harness.stub_aws import ROLE
from harness.stub_process import DEVICE_ROLE

SIZES = (1, 10, 50)
TURNS = 5
COLUMNS = {"token": "GetToken", "metadata": "GetMetadata", "session": "CreateSession", "role": "AssumeRole",
           "export": "ExportCertificate"}


def device_table(bench, told, role):
    """[edge.roles_anywhere] for the device of the simulated AWS, with its files."""
    directory = bench.disk / "device"
    directory.mkdir(mode=0o700, exist_ok=True)
    for name, text in told["device"].items():
        (directory / f"{name}.pem").write_text(text)
        (directory / f"{name}.pem").chmod(0o600)
    return {
        "trust_anchor_arn": told["trust_anchor_arn"], "profile_arn": told["profile_arn"], "role_arn": role,
        "certificate": str(directory / "certificate.pem"), "private_key": str(directory / "key.pem"),
    }


def sources(bench, aws):
    """Name, [edge], and environment instead of keys, of each source."""
    bare = {name: value for name, value in aws.environment.items() if "KEY" not in name}
    metadata = aws.told["metadata"]
    yield "access keys", {}, aws.environment
    yield "instance metadata", {}, {**bare, "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata}
    yield "container", {}, {**bare, "AWS_CONTAINER_CREDENTIALS_FULL_URI": metadata + CONTAINER}
    yield "Roles Anywhere, same role", {"roles_anywhere": device_table(bench, aws.told, ROLE)}, bare
    yield "Roles Anywhere, other role", {"roles_anywhere": device_table(bench, aws.told, DEVICE_ROLE)}, bare


def report_credentials(bench, aws, cpu_row):
    """cpu_row: prints a row of times."""
    print("\nwhere credentials come from: CPU of all processes, ms (the server keeps connections), and requests\n"
          + "-" * 114)
    seen = {}
    for name, edge, variables in sources(bench, aws):
        for certificates in SIZES:
            times = []
            for _ in range(TURNS):
                config, _ = bench.configuration(aws.arns[:certificates], edge=edge)
                aws.counts()
                times.append(cpu_milliseconds(bench.binaries.ours, config, {"PATH": os.environ["PATH"], **variables}))
                seen[name, certificates] = aws.counts()
            cpu_row(f"{name}, {certificates} certificate(s)", {"ours": times, "before": [], "upstream": []})
    print(f"{'':<44}" + "".join(f"{column:>10}" for column in COLUMNS))
    for (name, certificates), counts in seen.items():
        operations = counts["operations"]
        print(f"{f'{name}, {certificates} certificate(s)':<44}"
              + "".join(f"{operations.get(column, 0):>10}" for column in COLUMNS.values()))
        for error in counts["errors"]:
            print(f"   AN ERROR: {error}")
