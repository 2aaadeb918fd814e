"""served_at: what the server really presents after its refresh command."""

import socket
import ssl
import tempfile
import threading

import pytest

from harness.box import agent as agent_path
from harness.explained import assert_failed


@pytest.fixture
def served(box, nginx):
    """A certificate that nginx serves, and a command that makes it do so."""
    return box.manage(refresh_command=nginx.reload_command, served_at=f"127.0.0.1:{nginx.port}")


def reloads_nothing(box, nginx, site, works=None):
    """The usual trap: exit 0, and the server goes on with what it had."""
    body = f"if [ -e {works} ]; then {nginx.reload_command}; fi" if works else "exit 0"
    site.table["refresh_command"] = box.script("reload", body)


@pytest.mark.heart
def test_once_waits_until_the_server_presents_it(box, nginx, served):
    outcome = box.once()
    assert outcome.results == ["updated"]
    assert f"served at 127.0.0.1:{nginx.port} as installed" in outcome.err
    nginx.wait_until_reloaded()
    assert nginx.served() == served.issued.certificate
    assert box.leftovers() == []


def test_unchanged_certificate_that_is_served_runs_no_command(box, nginx, served):
    box.once()
    nginx.wait_until_reloaded()  # an old worker of nginx may accept one more connection
    outcome = box.once()
    assert outcome.results == ["unchanged"]
    assert "Running refresh command" not in outcome.err
    assert "as installed" in outcome.err


def test_unchanged_certificate_that_is_not_served_runs_the_command(box, nginx, served):
    """An earlier reload got lost."""
    del served.table["served_at"]
    kept, served.table["refresh_command"] = served.table["refresh_command"], box.script("no", "exit 0")
    box.once()
    served.table.update(refresh_command=kept, served_at=f"127.0.0.1:{nginx.port}")
    assert nginx.served() != served.issued.certificate
    outcome = box.once()
    assert outcome.exit_code == 0
    assert "the server does not present this certificate" in outcome.err
    nginx.wait_until_it_serves(served.issued.certificate)


def closes_the_first_connection_then_serves(listener, issued, again):
    """A server that is still starting when it is first looked at."""
    listener.accept()[0].close()
    again.set()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(issued.leaf_pem + issued.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    connection = context.wrap_socket(listener.accept()[0], server_side=True)
    connection.recv(1)
    connection.close()


def test_server_that_is_still_starting_is_waited_for_and_runs_no_command(box, resident):
    """At boot web servers come after the agent."""
    recorder = box.recorder()
    site = box.manage(refresh_command=recorder.command)
    box.once()
    runs = recorder.runs
    again = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, site.issued, again)
        server = threading.Thread(target=closes_the_first_connection_then_serves, args=arguments, daemon=True)
        server.start()
        site.table["served_at"] = f"127.0.0.1:{listener.getsockname()[1]}"
        agent = resident()
        agent.wait_until_fresh()
        server.join()
    assert again.is_set()
    assert recorder.runs == runs


def test_command_that_reloads_nothing_has_failed(box, nginx, served, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    reloads_nothing(box, nginx, served)
    outcome = box.once(environment={"WCP_TEST_HURRY": "20"})
    assert_failed(outcome, served, f"127.0.0.1:{nginx.port} does not present", "reload|log|server")
    assert any(path.endswith("wcp-journal") for path in box.leftovers())  # it is to run again


def test_server_that_is_down_is_a_failed_refresh(box, served, nginx, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    reloads_nothing(box, nginx, served)
    served.table["served_at"] = "127.0.0.1:1"
    outcome = box.once(environment={"WCP_TEST_HURRY": "20"})
    assert_failed(outcome, served, "127.0.0.1:1.*refused", "server|start|runs")


def test_resident_agent_runs_the_command_again_until_it_is_served(box, nginx, served, resident, clock):
    works = box.root / "works"
    reloads_nothing(box, nginx, served, works)
    agent = resident(environment={"WCP_TEST_HURRY": "20"})
    agent.wait_for("Error refreshing certificate .*failure #1.*present")
    status = box.run("status")
    assert status.exit_code == 1
    works.touch()
    clock.pass_until(agent, "Running refresh command", 10 * 1000)
    agent.wait_for(f"served at 127.0.0.1:{nginx.port} as installed")
    agent.wait_until_fresh()
    nginx.wait_until_reloaded()
    assert nginx.served() == served.issued.certificate
    assert box.leftovers() == []


def test_status_shows_what_is_served(box, nginx, served, resident):
    agent = resident()
    agent.wait_until_fresh()
    agent.stop()
    assert '"served":"same"' in box.run("status", "--json").out.replace(": ", ":")


def test_without_a_command_the_server_is_given_time(box, nginx, served, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    del served.table["refresh_command"]
    outcome = box.once(environment={"WCP_TEST_HURRY": "20"})
    assert_failed(outcome, served, "present", "")


def test_no_command_runs_for_files_that_cannot_be_installed(box, resident):
    """A partition that is not mounted yet: the server presents nothing, but there is nothing to take up."""
    recorder = box.recorder()
    box.manage(refresh_command=recorder.command, served_at="127.0.0.1:1", directory=box.root / "etc/not-mounted")
    agent = resident()
    agent.wait_for("failure #2")
    agent.assert_sleeps()
    assert recorder.runs == 0


def test_no_command_runs_for_half_of_the_files(box, resident):
    """The key's partition is gone after the certificate's rename; the server must not be told to read that pair."""
    recorder = box.recorder()
    keys = box.directory("etc/keys")
    box.manage(refresh_command=recorder.command, served_at="127.0.0.1:1", private_key_path=str(keys / "server.key"))
    box.write_config()
    box.run_program("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2",
                    "-e", "inject=rename,renameat,renameat2:error=EIO:when=3+", agent_path(), "once", "-c", box.config)
    keys.rename(box.root / "etc/away")
    agent = resident()
    agent.wait_for("failure #2")
    agent.assert_sleeps()
    assert recorder.runs == 0
