"""Credentials of instance metadata and of a container's endpoint, and what may be wrong with them."""

import datetime
import json
import re
import time

import pytest

from harness import behaviours
from harness.explained import assert_failed
from harness.go_program import go_program
from harness.http_messages import Reply, json_reply
from harness.metadata import CONTAINER, ROLE, ROLES, TOKEN, Metadata, MetadataMock
from harness.network import OwnNetwork
from harness.stub_aws import StubAws

HERE = [f"PUT {TOKEN}", f"GET {ROLES}", f"GET {ROLES}{ROLE}"]
EVIL = "x\r\nX-Evil: 1"


@pytest.fixture
def site(box):
    box.forget_keys()
    box.environment.pop("AWS_EC2_METADATA_DISABLED", None)
    return box.manage()


@pytest.fixture
def imds(box, aws):
    """Instance metadata that this box asks."""
    with Metadata(aws) as server:
        box.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url
        yield server
    assert server.unexpected == []


@pytest.fixture
def container(box, aws):
    """A container's endpoint that this box asks."""
    with Metadata(aws, authorization="bearer+token") as server:
        box.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url + CONTAINER
        box.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "bearer+token"
        box.own_secrets.add("bearer+token")
        yield server
    assert server.unexpected == []


# --- instance metadata ---------------------------------------------------------------------


@pytest.mark.heart
def test_role_of_the_instance(box, aws, imds, site):
    assert box.once().results == ["updated"]
    assert imds.paths() == HERE and imds.connections == 1
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 1}


def test_instance_metadata_over_ipv6(box, aws, site):
    with Metadata(aws, address="::1", name="[::1]") as server:
        box.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url

        assert box.once().results == ["updated"]
        assert server.paths() == HERE


@pytest.mark.parametrize("where, variables, paths", [
    ("169.254.169.254", {}, HERE),
    ("fd00:ec2::254", {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, HERE),
    ("169.254.170.2", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": CONTAINER}, [f"GET {CONTAINER}"]),
    ("fd00:ec2::23", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://[fd00:ec2::23]{CONTAINER}"}, [f"GET {CONTAINER}"]),
])
def test_addresses_of_aws(make_box, identity, where, variables, paths):
    """They are no exposed endpoints, though they are plain http."""
    with OwnNetwork() as network:
        network.add_address(where)
        aws, server = StubAws(identity), None
        network.run(aws.__enter__)
        server = Metadata(aws, address=where, port=80)
        network.run(server.__enter__)
        box = make_box(aws)
        box.forget_keys()
        box.environment.pop("AWS_EC2_METADATA_DISABLED", None)
        box.environment.update(variables)
        box.manage()
        outcome = network.run(box.once)
        server.__exit__()
        aws.__exit__()

    assert outcome.results == ["updated"] and "WARN" not in outcome.err
    assert server.paths() == paths


def test_one_session_serves_a_batch(box, imds, site):
    box.manage("two.example.com")

    assert box.once().results == ["updated", "updated"]
    assert imds.paths() == HERE


def test_instance_metadata_is_never_behind_a_proxy(box, aws, imds, site):
    box.environment.update(HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="localhost:" + str(aws.port))

    assert box.once().results == ["updated"]


def test_debug_log_says_the_source_and_its_end(box, imds, site):
    box.logging["log_level"] = "debug"

    assert re.search(rf"Credentials from .*{ROLE}.*, until 2\d\d\d-\d\d-\d\dT", box.once().err)


def test_doctor_says_the_source_and_its_end(box, imds, site):
    box.write_config()
    said = box.run("doctor").out

    assert re.search(rf"ok +credentials: .*{ROLE}\), until 2\d\d\d-", said)
    assert re.search(r"ok +tcp: localhost:" + str(imds.port), said)
    assert re.search(r"ok +role: .*, until 2\d\d\d-", said)


@pytest.mark.parametrize("command", ["once", "check", "doctor"])
def test_instance_metadata_that_is_left_out_is_never_asked(box, site, command):
    """Nobody answers in a network of its own: the search goes through all places, and would come to it."""
    trying = re.compile(r"169\.254\.|fd00:ec2|htons\(80\)")

    def tried(network):
        box.write_config()
        calls = network.run(box.run, command, traced="connect,sendto,sendmsg,sendmmsg").calls
        return [call for call in calls if trying.search(call.arguments)]

    with OwnNetwork() as network:
        assert (tried(network) == []) == (command == "check")
        box.edge["credentials"] = ["environment", "profile", "web_identity", "container"]
        assert tried(network) == []


def test_doctor_says_where_credentials_were_looked_for(box, site):
    """A machine outside of EC2 that has none at all: no proxy would help."""
    box.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1"
    box.write_config()
    said = box.run("doctor").out

    assert re.search("FAIL credentials: .*nor elsewhere: AWS_ACCESS_KEY_ID is not set; .*credentials_file", said)
    assert "proxy" not in said


def test_version_1_only_when_configured(box, imds, site):
    imds.version_1 = True
    imds.always(f"PUT {TOKEN}", Reply(403))

    assert_failed(box.once(), site, "HTTP 403", "imds_v1 = true")
    assert imds.paths() == HERE[:1]
    box.edge["imds_v1"] = True
    assert box.once().results == ["updated"]


def test_expired_credentials_of_an_instance_are_used(box, imds, site):
    """AWS extends them while it cannot renew them."""
    imds.lasts = -datetime.timedelta(hours=1)
    outcome = box.once()

    assert outcome.results == ["updated"]
    assert "expired at" in outcome.err and "WARN" in outcome.err


IMDS_FAULTS = {
    "hangs": (f"PUT {TOKEN}", behaviours.hang, "late|answer|time", "imds.*hop limit"),
    "resets": (f"PUT {TOKEN}", behaviours.reset, "reset|closed", "hop limit"),
    "redirected": (f"PUT {TOKEN}", Reply(302, headers={"Location": "http://localhost:1/"}), "redirects", "what answers"),
    "token with CR LF": (f"PUT {TOKEN}", Reply(200, EVIL.encode()), "token", "answers"),
    "empty token": (f"PUT {TOKEN}", Reply(200), "token", "answers"),
    "huge token": (f"PUT {TOKEN}", Reply(200, b"t" * 2000), "token", "answers"),
    "endless token": (f"PUT {TOKEN}", behaviours.endless(b"HTTP/1.1 200 OK\r\n\r\n", b"t" * 9999),
                      "bytes|time", "."),
    "no instance profile": (f"GET {ROLES}", Reply(404), "instance profile", "attach"),
    "no role": (f"GET {ROLES}", Reply(200), "instance profile", "attach"),
    "role with CR LF": (f"GET {ROLES}", Reply(200, EVIL.encode()), "name of a role", "answers"),
    "role that climbs": (f"GET {ROLES}", Reply(200, b"../../user-data"), "name of a role", "answers"),
    "roles redirected": (f"GET {ROLES}", Reply(307, headers={"Location": "http://localhost:1/"}), "redirects", "what answers"),
    "token not accepted": (f"GET {ROLES}", Reply(401), "HTTP 401", "."),
    "always busy": (f"GET {ROLES}", Reply(503), "HTTP 503", "tried again"),
    "unauthorized": (f"GET {ROLES}{ROLE}", json_reply({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 may not"}),
                     "AssumeRoleUnauthorizedAccess: EC2 may not", f"trust.*{ROLE}"),
    "no JSON": (f"GET {ROLES}{ROLE}", Reply(200, b"<html>"), "not JSON", ROLE),
    "huge": (f"GET {ROLES}{ROLE}", Reply(200, b" " * 300_000), "bytes of body", "."),
}


@pytest.mark.parametrize("fault", IMDS_FAULTS)
def test_faults_of_instance_metadata_are_explained(box, aws, imds, site, fault):
    operation, answer, cause, advice = IMDS_FAULTS[fault]
    imds.always(operation, answer)

    assert_failed(box.once(), site, f"no credentials from .*metadata.*({cause})", advice)
    assert aws.requests == []


def test_nothing_anywhere_says_where_it_was_looked_for(box, imds, site):
    imds.always(f"GET {ROLES}", Reply(404))

    assert_failed(box.once(), site, "no instance profile; nor elsewhere: .*AWS_ACCESS_KEY_ID", "attach")


BAD_VALUES = {
    "no access key": ({"AccessKeyId": None}, "no AccessKeyId"),
    "no secret": ({"SecretAccessKey": None}, "no SecretAccessKey"),
    "secret is a number": ({"SecretAccessKey": 7}, "no SecretAccessKey"),
    "key with CR LF": ({"AccessKeyId": EVIL}, "not usable"),
    "token with CR LF": ({"Token": EVIL}, "not usable"),
    "token is a list": ({"Token": []}, "session token"),
    "no time": ({"Expiration": "soon"}, "Expiration"),
}


@pytest.mark.parametrize("fault", BAD_VALUES)
def test_values_that_cannot_be_right(box, aws, container, site, fault):
    changes, cause = BAD_VALUES[fault]
    container.always(f"GET {CONTAINER}", json_reply(container.session(**changes)))

    assert_failed(box.once(), site, f"no credentials from .*container.*({cause})", ".")
    assert aws.requests == []


def test_aws_own_mock_with_version_2(box, aws, site, tmp_path):
    """Its credentials expired in 2020."""
    mock = go_program("github.com/aws/amazon-ec2-metadata-mock/cmd/...", "v1.13.0", "ec2-metadata-mock")
    with MetadataMock(mock, tmp_path) as server:
        box.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url
        aws.secrets["12345678901"] = (
            "v/12345678901", "TEST92test48TEST+y6RpoTEST92test48TEST/8oWVAiBqTEsT5Ky7ty2tEStxC1T==",
        )
        outcome = box.once()

    assert outcome.results == ["updated"]
    assert "baskinc-role) expired at 2020-04-02T00:49:51Z" in outcome.err


# --- containers ----------------------------------------------------------------------------


@pytest.mark.heart
def test_endpoint_of_a_container(box, aws, container, site):
    assert box.once().results == ["updated"]
    assert container.paths() == [f"GET {CONTAINER}"]


def test_token_of_a_container_comes_from_its_file_anew(box, container, site):
    file = box.root / "token"
    file.write_text("bearer+token\n")
    box.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "an old one"
    box.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(file)
    assert box.once().results == ["updated"]

    container.authorization = "another"
    file.write_text("another")
    assert box.once("--force").results == ["updated"]


def test_session_of_the_same_role_assumes_it_all_the_same(box, aws, container, site):
    """As AWS's agent does."""
    role = {"RoleArn": site.table["role_arn"]}
    container.always(f"GET {CONTAINER}", json_reply(container.session(**role)))

    assert box.once().results == ["updated"]
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 1}


def test_endpoint_of_a_container_over_tls(box, aws, identity, site):
    with Metadata(aws, identity=identity) as server:
        box.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url + CONTAINER

        assert box.once().results == ["updated"]
        assert server.handshakes == 1


CONTAINER_FAULTS = {
    "refused": (json_reply({"code": "InvalidIdInRequest", "message": "no such task"}, 400),
                "InvalidIdInRequest: no such task", "TOKEN"),
    "denied": (json_reply({"Code": "AccessDeniedException", "Message": "not you"}, 403),
               "AccessDeniedException: not you", "TOKEN"),
    "redirected": (Reply(302, headers={"Location": "http://localhost:1/"}), "redirects", "what answers"),
    "busy": (Reply(500), "HTTP 500", "tried again"),
    "no JSON": (Reply(200, b"{"), "not JSON", "agent"),
    "closes": (behaviours.close, "closed", "orchestrator"),
}


@pytest.mark.parametrize("fault", CONTAINER_FAULTS)
def test_faults_of_a_container_are_explained(box, aws, container, site, fault):
    answer, cause, advice = CONTAINER_FAULTS[fault]
    container.always(f"GET {CONTAINER}", answer)

    assert_failed(box.once(), site, f"no credentials from .*container.*({cause})", advice)
    assert aws.requests == []


def test_expired_credentials_of_a_container_are_not_used(box, aws, container, site):
    container.lasts = -datetime.timedelta(minutes=1)

    assert_failed(box.once(), site, "container.*expired at", "renew")
    assert aws.operations()["AssumeRole"] == 0


def test_sts_that_cannot_be_reached_is_not_blamed_on_the_credentials(box, container, site):
    """They have ended by this machine's clock, and nobody tells AWS's time."""
    container.lasts = -datetime.timedelta(minutes=1)
    box.environment["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"

    assert_failed(box.once(), site, "cannot connect to 127.0.0.1:1", "check the network")


@pytest.mark.parametrize("offset", [-86400, 86400])
def test_end_is_judged_by_the_clock_of_aws(box, aws, container, site, offset):
    """This machine's clock is wrong by a day: by it, or by the endpoint's, they seem to have ended."""
    aws.clock_offset = container.clock_offset = offset

    assert box.once().results == ["updated"]


def test_running_agent_shows_the_source_and_its_end(box, imds, site, resident):
    resident().wait_until_fresh()

    def shown():
        return json.loads(box.run_bare("status", "--json", "-c", str(box.config)).out)["agent"]

    for _ in range(600):  # a minute at most
        if "credentials" in shown():
            break
        time.sleep(0.1)
    assert ROLE in shown()["credentials"]
    assert re.fullmatch(r"20..-..-..T..:..:..Z", shown()["credentials_until"])
