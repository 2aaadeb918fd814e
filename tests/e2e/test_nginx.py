"""The whole way: a real nginx serves what ACM holds."""

import pytest

from harness.web_server import served_leaf


@pytest.mark.heart
def test_running_nginx_serves_the_new_certificate(box, nginx):
    site = box.manage(refresh_command=nginx.reload_command)
    assert nginx.served() != site.issued.certificate

    outcome = box.once()
    nginx.wait_until_reloaded()

    assert outcome.results == ["updated"]
    assert served_leaf(nginx.port) == site.issued.leaf_der
    assert nginx.reloads == 1


@pytest.mark.heart
def test_second_run_does_not_reload_nginx(box, nginx):
    site = box.manage(refresh_command=nginx.reload_command)
    box.once()
    nginx.wait_until_reloaded()

    assert box.once().results == ["unchanged"]

    # One more reload, asked for by the test, is the only one that the log then has.
    box.run_program(*nginx.reload_command.split())
    nginx.wait_until_reloaded(2)
    assert nginx.reloads == 2
    assert served_leaf(nginx.port) == site.issued.leaf_der


@pytest.mark.heart
def test_renewed_certificate_reaches_nginx(box, nginx):
    site = box.manage(refresh_command=nginx.reload_command)
    box.once()
    nginx.wait_until_reloaded()

    site.renew()
    box.once()
    nginx.wait_until_reloaded(2)

    assert served_leaf(nginx.port) == site.issued.leaf_der
