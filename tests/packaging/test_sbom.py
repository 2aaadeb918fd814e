"""The bill of materials: judged by CycloneDX's own validator, and compared with what is really inside."""

import json
import re
import subprocess

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

import tree

BINARY = tree.ROOT / f"build/{tree.HOST}/wcp-tiny"


@pytest.fixture(name="text", scope="module")
def fixture_text():
    tree.make("sbom")
    file, = (tree.ROOT / "build/packages").glob(f"wcp-tiny-{tree.VERSION}-{tree.HOST}.cdx.json")
    return file.read_text(encoding="utf-8")


@pytest.fixture(name="bill", scope="module")
def fixture_bill(text):
    return json.loads(text)


def every_component(bill):
    """Nested ones, too."""
    waiting = [bill["metadata"]["component"], *bill["components"]]
    while waiting:
        component = waiting.pop()
        waiting += component.get("components", [])
        yield component


def named(bill, reference):
    found, = [component for component in every_component(bill) if component["bom-ref"] == reference]
    return found


def test_cyclonedx_finds_nothing_wrong(text, bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert Bom.from_json(bill).validate()  # every reference leads somewhere


def test_the_validator_would_find_a_mistake(bill):
    broken = json.dumps({**bill, "serialNumber": "1"})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_names_the_binary_by_version_and_hash(bill):
    agent = bill["metadata"]["component"]
    assert (agent["name"], agent["version"]) == ("wcp-tiny", tree.VERSION)
    assert agent["hashes"] == [{"alg": "SHA-256", "content": tree.hash_of(BINARY)}]


@pytest.mark.parametrize("name", tree.LINKED)
def test_names_each_library_as_it_was_fetched(name, bill, pins):
    library = named(bill, name)
    source, = library["externalReferences"]
    assert library["version"] == pins[name].version
    assert source["hashes"] == [{"alg": "SHA-256", "content": tree.hash_of(pins[name].file)}]
    assert source["url"] == pins[name].url
    assert library["cpe"].split(":")[5] == pins[name].version
    assert library["purl"].split("@")[1].endswith(pins[name].version)


def test_versions_are_those_that_the_program_says(bill):
    said = tree.must(BINARY, "--version")
    for name, title in (("mbedtls", "Mbed TLS"), ("cjson", "cJSON"), ("musl", "musl")):
        assert f"{title} {named(bill, name)['version']}" in said


def test_every_licence_is_an_expression_of_spdx(bill):
    licensing = get_spdx_licensing()
    found = {licence["expression"] for component in every_component(bill) for licence in component.get("licenses", [])}
    assert found >= {"Apache-2.0", "MIT"}
    for expression in found:
        assert licensing.validate(expression).errors == [], expression


def test_every_cpe_and_purl_has_the_shape_of_one(bill):
    for component in every_component(bill):
        if component["type"] in ("application", "library") and component["bom-ref"] != "everest":
            assert re.fullmatch(r"cpe:2\.3:a:[\w.-]+:[\w.-]+:[\w.]+(:\*){7}", component["cpe"])
            assert re.fullmatch(r"pkg:[a-z]+/[\w./-]+@[\w.-]+(\?arch=[\w-]+)?", component["purl"])


def test_what_mbedtls_carries_of_others_is_named(bill):
    """Whatever of its directory 3rdparty is compiled, and in the binary of a 64-bit host."""
    sources = (tree.ROOT / "third_party/mbedtls/mbedtls.mk").read_text(encoding="utf-8")
    carried = set(re.findall(r"3rdparty/([\w-]+)/library", sources))
    assert carried == {component["bom-ref"] for component in named(bill, "mbedtls")["components"]}


def test_every_root_certificate_is_named_by_its_hash(bill):
    files = {file.name: tree.hash_of(file) for file in (tree.ROOT / "third_party/amazon-roots").glob("*.pem")}
    listed = {part["name"]: part["hashes"][0]["content"] for part in named(bill, "amazon-roots")["components"]}
    assert len(files) == 5 and listed == files


def test_nothing_else_is_in_the_binary(bill):
    """The linker's map names every file that code came from."""
    memory = (tree.ROOT / f"build/{tree.HOST}/wcp-tiny.map").read_text().split("\nLinker script and memory map\n")[1]
    archives = set(re.findall(r" 0x0*[1-9a-f][0-9a-f]* +\S*/(\w+)\.a\(", memory))
    assert archives - {"libc"} == {"libgcc"} & {component["bom-ref"] for component in every_component(bill)}


def generated(tmp_path, map_text, **variables):
    linker_map = tmp_path / "map"
    linker_map.write_text(map_text)
    arguments = ["--version", "1", "--target", "armv7", "--epoch", "1780272000", "--compiler", "14.2.0"]
    sources = variables.get("sources", tree.ROOT / "build/src")
    done = subprocess.run([tree.ROOT / "tools/sbom", BINARY, linker_map, *arguments, "--sources", sources],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


MAP = """Discarded input sections
 .text          0x00000000       0x40 /toolchain/libgcc.a(_dropped.o)

Linker script and memory map

LOAD /toolchain/libgcc.a
 .bss           0x00010000        0x0 /toolchain/libgcc.a(_empty.o)
"""


def test_the_compiler_s_library_is_named_only_where_it_is_linked_in(tmp_path):
    without = generated(tmp_path, MAP)
    assert [part["bom-ref"] for part in without["components"]] == ["mbedtls", "cjson", "musl", "amazon-roots"]

    linked = named(generated(tmp_path, MAP + " .text  0x00010000  0x1a4 /toolchain/libgcc.a(_udivsi3.o)\n"), "libgcc")
    assert linked["version"] == "14.2.0" and "_udivsi3" in linked["description"] and "_empty" not in linked["description"]


def test_everest_is_named_only_where_its_code_is_in_the_binary(tmp_path):
    dropped = " .text.Hacl_Curve25519_crypto_scalarmult\n" + MAP
    assert "components" not in named(generated(tmp_path, dropped), "mbedtls")
    linked = generated(tmp_path, MAP + " .text.Hacl_Curve25519_crypto_scalarmult\n")
    assert [part["bom-ref"] for part in named(linked, "mbedtls")["components"]] == ["everest"]
    assert Bom.from_json(linked).validate()


def test_a_fallback_release_is_named_with_what_it_lacks(tmp_path):
    for name in tree.LINKED:
        (tmp_path / f"{name}.version").write_text((tree.ROOT / f"build/src/{name}.version").read_text())
    (tmp_path / "mbedtls.version").write_text("3.6.6\n")
    library = named(generated(tmp_path, MAP, sources=tmp_path), "mbedtls")
    assert library["version"] == "3.6.6" and "lacks the fix of CVE-2026-49300" in library["pedigree"]["notes"]
    assert library["externalReferences"][0]["hashes"][0]["content"].startswith("8fb65fae")
