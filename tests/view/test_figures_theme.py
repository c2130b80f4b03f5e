"""The palette: seen on both pages, told apart by every eye."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from pages._view.theme import BACKEND_LOOKS, OTHER_LOOK, PAGES, template

Floats = npt.NDArray[np.float64]

LOOKS = [*BACKEND_LOOKS.values(), OTHER_LOOK]

# Machado et al. 2009, severity 1.0, on linear RGB
EYES: dict[str, Floats] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def linear(colour: str) -> Floats:
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (float(linear(c) @ TO_XYZ[1]) for c in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Floats) -> Floats:
    x, y, z = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", PAGES)
@pytest.mark.parametrize("colour", [look.colour for look in LOOKS])
def test_every_back_end_stands_out_from_the_page(colour: str, mode: str) -> None:
    assert contrast(colour, PAGES[mode].background) >= 3.0


@pytest.mark.parametrize("mode", PAGES)
def test_letters_are_readable(mode: str) -> None:
    page = PAGES[mode]
    for background in (page.background, page.surface):
        assert contrast(page.text, background) >= 7.0
        assert contrast(page.muted, background) >= 4.5


@pytest.mark.parametrize("eye", EYES)
def test_no_eye_confuses_two_back_ends(eye: str) -> None:
    seen = [lab(EYES[eye] @ linear(look.colour)) for look in LOOKS]
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 10  # CIE 1976; about 2.3 is just noticeable


def test_colour_is_never_the_only_cue() -> None:
    assert len({look.symbol for look in LOOKS}) == len(LOOKS)


def test_what_differs_between_pages_is_in_the_template() -> None:
    light, dark = (template(mode).to_plotly_json() for mode in ("light", "dark"))
    assert light["layout"]["font"]["color"] != dark["layout"]["font"]["color"]
    assert light["layout"].keys() == dark["layout"].keys()
