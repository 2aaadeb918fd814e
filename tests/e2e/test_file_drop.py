"""A configuration is dropped while the agent runs."""

import os
import shutil
import signal
import subprocess

import pytest

from harness import stub_aws
from harness.processes import timer_of
from harness.toml_text import config_text

NEW = "The configuration .* has changed"
BAD = "[capabilities.acm]\nenabled = maybe\n"


@pytest.fixture
def agent(box, site, resident):
    """An agent whose one certificate is fresh; nothing is asked of AWS any more."""
    running = resident()
    running.wait_until_fresh()
    box.aws.requests.clear()
    return running


def text_of(box):
    return config_text(box.acm, box.tables, box.edge, box.logging)


def replace(path, text):
    """As editors and package managers do it."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.rename(path)


def note(box):
    return box.config.with_name("config.toml.rejected.txt")


def processed(agent):
    """All that happened before is noticed: the agent answers."""
    agent.send(signal.SIGUSR1)
    agent.wait_for("Asked to refresh now")
    agent.wait_for("refresh successful")


@pytest.mark.heart
def test_replaced_by_rename_starts_the_new_one_only(box, site, agent):
    added = box.manage("added.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(NEW)
    agent.wait_for(f"Certificate task started for {added.arn}")
    agent.wait_for(f"refresh successful for {added.arn}")
    added.assert_installed()
    exported = [request.json["CertificateArn"] for request in box.aws.asked("ExportCertificate")]
    assert exported == [added.arn]


@pytest.mark.heart
def test_removed_one_stops_and_its_files_stay(box, site, agent):
    other = box.manage("other.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(f"refresh successful for {other.arn}")
    box.tables.remove(site.table)
    replace(box.config, text_of(box))
    agent.wait_for(NEW)
    agent.wait_for("ACM Scheduler starting with 1 certificate")
    box.aws.requests.clear()
    processed(agent)
    exported = [request.json["CertificateArn"] for request in box.aws.asked("ExportCertificate")]
    assert exported == [other.arn]
    site.assert_installed()


def test_changed_one_is_done_anew(box, site, agent):
    site.table["combined_path"] = str(box.files / "all.pem")
    replace(box.config, text_of(box))
    agent.wait_for(NEW)
    agent.wait_until_fresh()
    site.assert_installed()


def test_same_contents_change_nothing(box, site, agent):
    replace(box.config, text_of(box) + "\n# a remark\n")
    replace(box.config, text_of(box) + "\n# another\n")
    agent.send(signal.SIGHUP)
    agent.wait_for("Asked to read the configuration again")
    processed(agent)
    assert "has changed" not in agent.text
    assert box.aws.operations()["ExportCertificate"] == 1  # processed()'s own


def test_rewritten_in_place_in_several_writes(box, site, agent):
    added = box.manage("added.example.com")
    text = text_of(box)
    with open(box.config, "w") as file:
        for start in range(0, len(text), 50):
            file.write(text[start : start + 50])
            file.flush()
    agent.wait_for(f"refresh successful for {added.arn}")
    assert "was rejected" not in agent.text


def test_slow_copy_is_not_read_before_its_end(box, site, agent):
    added = box.manage("added.example.com")
    text = text_of(box)
    with open(box.config, "w") as file:
        for start in range(0, len(text), 100):
            file.write(text[start : start + 100])
            file.flush()
            if start % 500 == 0:
                processed(agent)
    agent.wait_for(f"refresh successful for {added.arn}")
    assert "was rejected" not in agent.text


def test_several_times_a_second(box, site, agent):
    for count in range(30):
        added = box.manage(f"added-{count}.example.com") if count % 10 == 0 else added
        replace(box.config, text_of(box) if count % 3 else BAD)
    replace(box.config, text_of(box))
    agent.wait_for(f"refresh successful for {added.arn}")
    processed(agent)
    added.assert_installed()
    assert not note(box).exists()


def test_from_a_vfat_stick(box, site, agent):
    """What such a file system makes of a file: executable, older than what it replaces."""
    added = box.manage("added.example.com")
    on_stick = box.directory("stick") / "CONFIG.TOM"
    on_stick.write_text(text_of(box))
    on_stick.chmod(0o755)
    os.utime(on_stick, (315532800, 315532800))
    subprocess.run(["cp", "-p", on_stick, box.config], check=True)
    agent.wait_for(f"refresh successful for {added.arn}")


def test_writable_by_others_is_refused_until_it_is_mended(box, site, agent):
    added = box.manage("added.example.com")
    new = box.config.with_name("new")
    new.write_text(text_of(box))
    new.chmod(0o666)
    new.rename(box.config)
    agent.wait_for("was rejected; the previous one stays in force")
    line = agent.wait_for("can be changed by others")
    assert f"run: chmod go-w {box.config}" in line
    box.config.chmod(0o644)
    agent.wait_for(f"refresh successful for {added.arn}")


@pytest.mark.heart
def test_bad_file_changes_nothing_and_tells_why_beside_it(box, site, agent):
    replace(box.config, BAD + "[edge]\nregoin = 'x'\n")
    agent.wait_for("was rejected; the previous one stays in force")
    agent.wait_for(r"config.toml:2:11: ")
    text = note(box).read_text()
    assert "config.toml:2:" in text
    assert "was rejected" in text
    processed(agent)  # with the old one
    site.assert_installed()
    replace(box.config, text_of(box))
    agent.wait_for("is valid again")
    assert not note(box).exists()


def test_every_error_is_in_the_note(box, site, agent):
    replace(box.config, "[capabilities.acm]\nenabled = 1\nwrong = 2\n[edge]\nregion = 3\n")
    agent.wait_for("edge.region")
    text = note(box).read_text()
    for path in ("capabilities.acm.enabled", "capabilities.acm.wrong", "edge.region"):
        assert path in text


def test_emptied_file_is_not_a_wish_to_stop(box, site, agent):
    box.config.write_text("")
    agent.wait_for("was rejected")
    agent.wait_for("the file is empty")
    box.write_config()
    agent.wait_for("is valid again")


def test_deleted_for_a_while(box, site, agent):
    kept = text_of(box)
    box.config.unlink()
    agent.wait_for("was rejected; the previous one stays in force")
    processed(agent)
    added = box.manage("added.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(f"refresh successful for {added.arn}")
    assert kept != text_of(box)


def test_link_to_the_real_file_swapped(box, site, resident):
    releases = box.directory("releases")
    box.write_config()
    for number in (1, 2):
        (releases / str(number)).mkdir()
    first, second = releases / "1" / "config.toml", releases / "2" / "config.toml"
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    first.write_text(text_of(box))
    box.config.unlink()
    box.config.symlink_to(first)
    agent = resident(config=False)
    agent.wait_until_fresh()
    added = box.manage("added.example.com")
    second.write_text(text_of(box))
    new = box.config.with_name("link")
    new.symlink_to(second)
    new.rename(box.config)
    agent.wait_for(f"refresh successful for {added.arn}")
    # What it leads to now is watched, too.
    third = box.manage("third.example.com")
    replace(second, text_of(box))
    agent.wait_for(f"refresh successful for {third.arn}")


def test_linked_directory_swapped(box, site, resident):
    """As Kubernetes does it: config.toml -> ..data/config.toml, ..data -> a directory."""
    directory = box.config.parent
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    (directory / "..v1").mkdir()
    (directory / "..v1" / "config.toml").write_text(text_of(box))
    (directory / "..data").symlink_to("..v1")
    box.config.symlink_to("..data/config.toml")
    agent = resident(config=False)
    agent.wait_until_fresh()
    added = box.manage("added.example.com")
    (directory / "..v2").mkdir()
    (directory / "..v2" / "config.toml").write_text(text_of(box))
    (directory / "..tmp").symlink_to("..v2")
    (directory / "..tmp").rename(directory / "..data")
    agent.wait_for(f"refresh successful for {added.arn}")


def test_directory_replaced(box, site, agent):
    directory = box.config.parent
    added = box.manage("added.example.com")
    new = directory.with_name("wcp.new")
    new.mkdir()
    (new / "config.toml").write_text(text_of(box))
    directory.rename(directory.with_name("wcp.old"))
    new.rename(directory)
    agent.wait_for(f"refresh successful for {added.arn}")
    third = box.manage("third.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(f"refresh successful for {third.arn}")
    shutil.rmtree(directory.with_name("wcp.old"))


def test_begun_copy_after_a_whole_one_is_not_read_before_its_end(box, site, agent):
    second, third = box.manage("second.example.com"), box.manage("third.example.com")
    text = text_of(box)
    part = text.index("[[capabilities.acm.certificates]]\n", text.index(second.name))
    box.config.write_text(text + "# whole\n")
    while timer_of(agent) > 1000:  # it is to be read in a moment
        pass
    with open(box.config, "w") as file:
        file.write(text[:part])
        file.flush()
        assert agent.look_for("has changed", patience=1) is None
        file.write(text[part:])
    agent.wait_for(f"refresh successful for {third.arn}")
    assert "starting with 2 certificate" not in agent.text


def test_what_failed_is_tried_with_a_new_configuration_at_once(box, site, resident):
    good = credentials(box, stub_aws.ACCESS_KEY, stub_aws.SECRET_KEY)
    box.edge["credentials_file"] = str(box.home / "absent")
    box.forget_keys()
    agent = resident()
    agent.wait_for("failure #1")
    box.edge["credentials_file"] = str(good)
    replace(box.config, text_of(box))
    agent.wait_until_fresh()


def test_configuration_on_a_medium_that_is_mounted_later(box, site, resident, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    medium = box.directory("medium")
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    (medium / "config.toml").write_text(text_of(box))
    box.config.unlink(missing_ok=True)
    agent = resident(config=False, environment={"WCP_TEST_HURRY": "60"})
    agent.wait_for("nothing is refreshed until it is fixed")
    subprocess.run(["mount", "--bind", medium, box.config.parent], check=True)
    try:
        agent.wait_until_fresh()
    finally:
        subprocess.run(["umount", "-l", box.config.parent], check=True)


@pytest.mark.heart
@pytest.mark.parametrize("before", ["missing", "bad", "disabled"])
def test_waits_for_a_good_configuration(box, site, resident, before):
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    if before == "bad":
        box.config.write_text(BAD)
    elif before == "disabled":
        box.config.write_text("[capabilities.acm]\nenabled = false\n[logging]\nlog_to_file = false\n")
    agent = resident(config=False)
    agent.wait_for("not enabled" if before == "disabled" else "nothing is refreshed until it is fixed")
    assert agent.process.poll() is None
    replace(box.config, text_of(box))
    agent.wait_until_fresh()
    site.assert_installed()
    assert not note(box).exists()
    assert agent.stop() == 0


def test_hangup_applies_what_is_not_watched(box, site, resident):
    box.edge["watch_config"] = False
    agent = resident()
    agent.wait_until_fresh()
    added = box.manage("added.example.com")
    replace(box.config, text_of(box))
    processed(agent)
    added.assert_absent()
    agent.send(signal.SIGHUP)
    agent.wait_for(f"refresh successful for {added.arn}")


def test_removed_certificates_pending_command_is_dropped(box, resident):
    failing = box.script("failing", "exit 3")
    site = box.manage(refresh_command=failing)
    agent = resident()
    agent.wait_for("Error refreshing certificate")
    assert box.leftovers() != []
    box.tables.remove(site.table)
    other = box.manage("other.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(f"Skipping the pending refresh command for {site.arn}: it is no longer configured")
    agent.wait_for(f"refresh successful for {other.arn}")
    assert box.leftovers() == []
    site.assert_installed()


def test_command_goes_on_while_the_configuration_changes(box, resident):
    fifo = box.root / "go"
    os.mkfifo(fifo)
    site = box.manage(refresh_command=box.script("slow", f"read line <{fifo}"))
    agent = resident()
    agent.wait_for("Running refresh command")
    added = box.manage("added.example.com")
    replace(box.config, text_of(box))
    agent.wait_for(f"refresh successful for {added.arn}")
    fifo.write_text("go\n")
    agent.wait_for(f"Refresh command succeeded for {site.arn}")
    agent.wait_for(f"refresh successful for {site.arn}")
    assert box.leftovers() == []


# --- credentials ---------------------------------------------------------------------------


def credentials(box, access_key, secret_key):
    path = box.directory("etc/wcp") / "credentials"
    new = path.with_name("credentials.new")
    new.write_text(f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n")
    new.chmod(0o600)
    new.rename(path)
    return path


@pytest.mark.heart
def test_rotated_keys_are_used_from_the_next_request_on(box, site, resident):
    box.forget_keys()
    box.edge["credentials_file"] = str(
        credentials(box, stub_aws.ACCESS_KEY, "an old and wrong secret")
    )
    agent = resident()
    agent.wait_for("Error refreshing certificate .*failure #1")
    credentials(box, stub_aws.ACCESS_KEY, stub_aws.SECRET_KEY)
    agent.wait_for("The credentials have changed")
    agent.wait_until_fresh()
    site.assert_installed()


def test_credentials_that_come_later(box, site, resident):
    box.forget_keys()
    box.edge["credentials_file"] = str(box.config.with_name("credentials"))
    agent = resident()
    agent.wait_for("Error refreshing certificate .*failure #1")
    credentials(box, stub_aws.ACCESS_KEY, stub_aws.SECRET_KEY)
    agent.wait_until_fresh()
    site.assert_installed()


def test_credentials_in_a_directory_that_is_made_with_them(box, site, resident):
    box.forget_keys()
    agent = resident()
    agent.wait_for("failure #1")
    directory = box.directory("home/.aws")
    agent.wait_for("failure #2")
    credentials(box, stub_aws.ACCESS_KEY, stub_aws.SECRET_KEY).rename(directory / "credentials")
    agent.wait_until_fresh()


def test_file_dropped_on_a_waiting_agent_is_applied_without_the_jitter_of_a_start(box, site, resident):
    agent = resident(config=False)
    agent.wait_for("was rejected")
    box.edge["startup_jitter_seconds"] = 86400
    replace(box.config, text_of(box))
    agent.wait_until_fresh()
    site.assert_installed()
