"""Manifests: what ships, and what is refused."""

import pytest

from models import manifest as manifests
from models.errors import ManifestInvalid, PackUnknown


def test_every_pack_that_ships_has_a_manifest_that_is_understood() -> None:
    assert manifests.names() == ["antelopev2", "buffalo_l", "buffalo_s", "opencv-zoo"]
    for name in manifests.names():
        assert manifests.load(name).name == name


def test_only_the_default_pack_may_be_used_commercially() -> None:
    free = [name for name in manifests.names() if manifests.load(name).commercial_use]
    assert free == [manifests.DEFAULT_PACK]


def test_the_default_pack_names_the_licence_of_each_of_its_models() -> None:
    roles = manifests.load(manifests.DEFAULT_PACK).roles
    assert {name: role.licence for name, role in roles.items()} == {
        "detector": "MIT",
        "embedder": "Apache-2.0",
    }


@pytest.mark.parametrize("name", ["", ".", "..", "../opencv-zoo", "opencv-zoo.toml", "OPENCV-ZOO"])
def test_a_name_without_a_manifest_is_unknown(name: str) -> None:
    with pytest.raises(PackUnknown):
        manifests.load(name)


_HEAD = 'name = "x"\ntitle = "X"\nengine = "onnx"\ncommercial_use = true\ndim = 4\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "= =",
        _HEAD,
        _HEAD + 'surprise = "field"\n',
        _HEAD.replace("4", "0"),
        _HEAD.replace('"onnx"', '"abacus"'),
        _HEAD + '[roles.detector]\nfile = "../../etc/passwd"\n',
    ],
)
def test_a_manifest_that_lacks_or_adds_something_is_refused(text: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        manifests.parse(text)
    assert caught.value.code == "pack.manifest_invalid"
