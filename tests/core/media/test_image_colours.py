"""Pictures of every make look in the program as they look elsewhere, or are refused by name."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw
from pillow_heif import from_pillow

from core.errors import UnsupportedRequest
from core.media.images import IMAGE_FORMATS, UprightImage, read_image, read_rgb_image
from core.media.stills import write_still

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PATCHES = np.array([[200, 40, 40], [40, 180, 60], [40, 60, 200], [220, 180, 140], [128, 128, 128]])
XYZ_D50 = {
    # Adapted to the white of ICC's profiles, as their makers print them.
    "p3": ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407)),
    "adobe": ((0.6097, 0.2053, 0.1492), (0.3111, 0.6257, 0.0632), (0.0195, 0.0609, 0.7446)),
    "srgb": ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410)),
}  # fmt: skip


def from_srgb(code: Any) -> Any:
    code = np.asarray(code, float)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Any) -> Any:
    above = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, above)


def to_power(gamma: float) -> Any:
    return lambda light: np.maximum(light, 0) ** (1 / gamma)


def coded_in(gamut: str, curve: Any) -> NDArray[np.uint8]:
    """The patches by another gamut and curve, `(n, 3)`."""
    light = from_srgb(PATCHES / 255)
    other = np.linalg.solve(np.array(XYZ_D50[gamut]), np.array(XYZ_D50["srgb"]) @ light.T).T
    return np.round(255 * np.clip(curve(other), 0, 1)).astype(np.uint8)


def drawn(colours: Any, mode: str = "RGB") -> Image.Image:
    """Stripes of 16 pixels."""
    wide = np.repeat(np.asarray(colours, np.uint8), 16, axis=0)
    return Image.fromarray(np.tile(wide, (16, *[1] * (wide.ndim))), mode)


def tag(kind: bytes, *values: float) -> bytes:
    numbers = b"".join(struct.pack(">i", round(value * 65536)) for value in values)
    return kind + bytes(4) + numbers


def profile(space: bytes, name: str, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    """An ICC profile of version 2, written here byte by byte."""
    words = name.encode("ascii") + b"\0"
    desc = b"desc" + bytes(4) + struct.pack(">I", len(words)) + words + bytes(78)
    every = {b"desc": desc, b"wtpt": tag(b"XYZ ", 0.9642, 1.0, 0.8249), **tags}
    at, table, body = 128 + 4 + 12 * len(every), b"", b""
    for signature, content in every.items():
        padded = content + bytes(-len(content) % 4)
        table += signature + struct.pack(">II", at + len(body), len(content))
        body += padded
    head = bytearray(128)
    head[8:12], head[12:16], head[16:20], head[20:24] = b"\2\x10\0\0", kind, space, b"XYZ "
    head[36:40], head[68:80] = b"acsp", struct.pack(">3i", 63190, 65536, 54061)
    size = at + len(body)
    head[0:4] = struct.pack(">I", size)
    return bytes(head) + struct.pack(">I", len(every)) + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def rgb_profile(gamut: str, gamma: float, name: str) -> bytes:
    red, green, blue = np.array(XYZ_D50[gamut]).T
    curve = gamma_curve(gamma)
    columns = ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue))
    tags = {signature: tag(b"XYZ ", *column) for signature, column in columns}
    return profile(b"RGB ", name, {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


P3 = rgb_profile("p3", 2.2, "Display P3 like")
ADOBE = rgb_profile("adobe", 563 / 256, "Adobe RGB like")


def read(path: Path) -> UprightImage:
    return read_image(path, "start image", "inputs.start")


def refusal(path: Path) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        read(path)
    return caught.value.problems[0].message


def stripes(image: Image.Image) -> NDArray[np.float64]:
    """The middle of each stripe, `(n, 3)`."""
    return np.asarray(image.convert("RGB"), float)[8, 8::16]


def assert_patches(found: UprightImage, off: float = 3) -> None:
    assert np.abs(stripes(found.image) - PATCHES).max() <= off, stripes(found.image).tolist()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "avif", "heic"])
@pytest.mark.parametrize(
    ("content", "gamut", "power"), [(P3, "p3", 2.2), (ADOBE, "adobe", 563 / 256)]
)
def test_a_profile_is_applied_in_every_format(
    tmp_path: Path, suffix: str, content: bytes, gamut: str, power: float
) -> None:
    image = drawn(coded_in(gamut, to_power(power)))
    path = tmp_path / f"a.{suffix}"
    options: dict[str, Any] = {
        "jpg": {"quality": 98, "subsampling": 0},
        "webp": {"lossless": True},
        "avif": {"quality": 100, "subsampling": "4:4:4"},
    }.get(suffix, {})
    if suffix == "heic":
        image.info["icc_profile"] = content
        from_pillow(image).save(path, quality=-1, chroma=444)
    else:
        image.save(path, icc_profile=content, **options)
    with Image.open(path) as stored:
        if not stored.info.get("icc_profile"):
            pytest.fail(f"{suffix} lost its profile while the test wrote it")
    found = read(path)
    assert_patches(found, 8 if suffix in ("jpg", "avif", "heic") else 3)
    assert any("converted to sRGB" in note and "like" in note for note in found.notes)


def test_a_transparent_picture_keeps_its_transparency(tmp_path: Path) -> None:
    image = drawn(coded_in("p3", to_power(2.2))).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(tmp_path / "a.png", icc_profile=P3)
    found = read(tmp_path / "a.png")
    assert found.image.mode == "RGBA"
    assert found.image.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert_patches(found)


def test_a_palette_is_read_by_its_profile(tmp_path: Path) -> None:
    image = drawn(coded_in("p3", to_power(2.2))).quantize(8)
    image.save(tmp_path / "a.png", icc_profile=P3)
    assert_patches(read(tmp_path / "a.png"))


def test_what_is_srgb_anyway_stays_untouched_and_untold(tmp_path: Path) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = drawn(PATCHES)
    image.save(tmp_path / "a.png", icc_profile=own)
    found = read(tmp_path / "a.png")
    assert found.notes == ()
    assert found.image.tobytes() == image.tobytes()


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_grey_is_read_by_its_profile(tmp_path: Path, gamma: float) -> None:
    wanted = np.array([80, 128, 200, 255])
    grey = np.round(255 * from_srgb(wanted / 255) ** (1 / gamma)).astype(np.uint8)
    content = profile(b"GRAY", "Grey", {b"kTRC": gamma_curve(gamma)})
    drawn(grey, "L").save(tmp_path / "a.png", icc_profile=content)
    found = read(tmp_path / "a.png")
    assert stripes(found.image)[:, 0] == pytest.approx(wanted, abs=4)
    assert any("converted to sRGB" in note for note in found.notes)


def cmyk_profile() -> bytes:
    """A press whose full inks give a lighter red, green and blue than plain arithmetic would."""
    # From CMYK to Lab by a table of 2 points a channel; `lut8` of ICC's version 2.
    points: list[int] = []
    for c in (0, 1):
        for m in (0, 1):
            for y in (0, 1):
                for k in (0, 1):
                    light = 255 if not k else 30
                    lightness = light - 60 * c - 70 * m - 20 * y if not k else 30
                    points += [max(0, lightness), 128 + 60 * m - 40 * c, 128 + 60 * y - 40 * c]
    identity = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(struct.pack(">i", v) for v in (65536, 0, 0, 0, 65536, 0, 0, 0, 65536))
    table += identity * 4 + bytes(points) + identity * 3
    content = bytearray(profile(b"CMYK", "Press", {b"A2B0": table, b"A2B1": table}, b"prtr"))
    content[20:24] = b"Lab "
    return bytes(content)


def test_print_colours_go_by_their_profile_and_else_are_told_to_be_rough(tmp_path: Path) -> None:
    inks = np.array([[0, 255, 255, 0], [255, 0, 0, 0], [0, 0, 0, 0]], np.uint8)
    image = drawn(inks, "CMYK")
    image.save(tmp_path / "plain.tif")
    plain = read(tmp_path / "plain.tif")
    assert stripes(plain.image)[0].tolist() == [255, 0, 0]
    assert any("CMYK" in note and "has no colour profile" in note for note in plain.notes)
    for name in ("press.tif", "press.jpg"):
        image.save(tmp_path / name, icc_profile=cmyk_profile())
        found = read(tmp_path / name)
        red, cyan, paper = stripes(found.image)
        # Lab of the two inks is (65, 60, 60): a light red, and no pure one.
        assert red == pytest.approx([255, 110, 48], abs=14), name
        assert cyan[0] < cyan[2]
        assert paper == pytest.approx([255, 255, 255], abs=3)
        assert any("(Press)" in note for note in found.notes)


def test_a_profile_that_does_not_fit_or_is_damaged_is_told(tmp_path: Path) -> None:
    grey = profile(b"GRAY", "Grey", {b"kTRC": gamma_curve(1.8)})
    drawn(PATCHES).save(tmp_path / "other.png", icc_profile=grey)
    found = read(tmp_path / "other.png")
    assert "is for other colours (GRAY, not RGB)" in found.notes[0]
    assert_patches(found, 0)
    drawn(PATCHES).save(tmp_path / "bad.png", icc_profile=b"no profile at all")
    found = read(tmp_path / "bad.png")
    assert "profile that cannot be read" in found.notes[0]
    assert_patches(found, 0)


def png_with(path: Path, image: Image.Image, *chunks: tuple[bytes, bytes]) -> Path:
    """A PNG with more chunks behind its header."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    content = buffer.getvalue()
    more = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    path.write_bytes(content[:33] + more + content[33:])
    return path


def test_png_names_its_colours_by_numbers(tmp_path: Path) -> None:
    p3 = drawn(coded_in("p3", to_srgb))
    by_number = png_with(tmp_path / "cicp.png", p3, (b"cICP", bytes((12, 13, 0, 1))))
    found = read(by_number)
    assert_patches(found)
    assert found.notes == ("The colours of the start image (Display P3) are converted to sRGB.",)
    points = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    packed = b"".join(struct.pack(">I", round(value * 100_000)) for value in points)
    adobe = drawn(coded_in("adobe", to_srgb))
    gamma = (b"gAMA", struct.pack(">I", 45455))
    assert_patches(read(png_with(tmp_path / "chrm.png", adobe, gamma, (b"cHRM", packed))))
    linear = drawn(coded_in("srgb", lambda light: light))
    found = read(png_with(tmp_path / "lin.png", linear, (b"gAMA", struct.pack(">I", 100_000))))
    assert_patches(found, 4)
    plain = read(png_with(tmp_path / "same.png", drawn(PATCHES), gamma))
    assert plain.notes == ()


def test_a_camera_says_adobe_rgb_by_exif_alone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    image = drawn(coded_in("adobe", to_power(563 / 256)))
    image.save(tmp_path / "a.jpg", exif=exif, quality=98, subsampling=0)
    found = read(tmp_path / "a.jpg")
    assert_patches(found, 6)
    assert any("(Adobe RGB)" in note for note in found.notes)


def test_what_is_made_for_an_hdr_screen_is_told(tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", drawn(PATCHES), (b"cICP", bytes((9, 16, 0, 1))))
    assert any("HDR" in note for note in read(path).notes)


@pytest.mark.parametrize(("top", "white"), [(1.0, 1), (255.0, 255), (65535.0, 65535)])
def test_a_float_ramp_is_a_ramp(tmp_path: Path, top: float, white: int) -> None:
    ramp = np.tile(np.linspace(0, top, 256, dtype=np.float32), (8, 1))
    Image.fromarray(ramp).save(tmp_path / "a.tif")
    found = read_rgb_image(tmp_path / "a.tif", "start image", "inputs.start")
    assert np.asarray(found.image)[4, :, 1].tolist() == pytest.approx(list(range(256)), abs=1)
    assert any(f"from 0 to {white} become" in note for note in found.notes)


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 1.0), (0.0, 4.0), (0.0, 1e9), (0.0, float("nan"))]
)
def test_values_without_a_white_are_refused(tmp_path: Path, low: float, high: float) -> None:
    Image.fromarray(np.array([[low, high]] * 4, np.float32)).save(tmp_path / "a.tif")
    assert "Save it with 8 or 16 bits" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.pgm"])
def test_sixteen_bits_are_scaled(tmp_path: Path, name: str) -> None:
    ramp = np.tile((np.arange(256) * 257).astype(np.uint16), (8, 1))
    Image.fromarray(ramp).save(tmp_path / name)
    found = read(tmp_path / name)
    assert np.asarray(found.image.convert("L"))[4].tolist() == list(range(256))
    assert any("16 bits" in note for note in found.notes)


def test_sixteen_bits_of_colour_are_told(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    row = b"\0" + struct.pack(">6H", 51400, 10280, 10280, 10280, 46260, 15420)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row)), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    found = read(tmp_path / "a.png")
    assert found.image.tobytes() == bytes((200, 40, 40, 40, 180, 60))
    assert any("16 bits" in note for note in found.notes)


def test_photos_of_phones_are_read_under_any_name(tmp_path: Path) -> None:
    image = drawn(PATCHES)
    for name, kind in (("IMG_0001.jpg", "HEIF"), ("photo.png", "AVIF"), ("photo.heic", "HEIF")):
        buffer = io.BytesIO()
        if kind == "HEIF":
            from_pillow(image).save(buffer, quality=95, chroma=444)
        else:
            image.save(buffer, "AVIF", quality=95, subsampling="4:4:4")
        (tmp_path / name).write_bytes(buffer.getvalue())
        found = read(tmp_path / name)
        assert found.image.size == image.size
        assert_patches(found, 8)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\x0a\xfa\x7f" + bytes(60), "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "a JPEG XL picture"),
        (b"\x76\x2f\x31\x01" + bytes(60), "an OpenEXR picture"),
        (b"8BPS\0\1" + bytes(60), "a Photoshop file"),
        (b"%PDF-1.7\n" + bytes(60), "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + bytes(60), "a video"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "a HEIC picture"),
        (b"\0\0\1\0\1\0" + bytes(60), "an icon"),
    ],
)
def test_what_is_not_read_is_refused_by_what_it_is(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    message = refusal(path)
    assert what in message
    assert "PNG or JPEG" in message


def test_formats_that_could_run_programs_are_never_tried(tmp_path: Path) -> None:
    assert not {"EPS", "WMF", "GRIB", "HDF5", "BUFR", "FITS", "MPEG", "PSD"} & set(IMAGE_FORMATS)
    for kind in ("TGA", "SGI", "PCX", "ICNS", "XBM"):
        image = drawn(PATCHES).resize((64, 64))
        (image.convert("1") if kind == "XBM" else image).save(tmp_path / "a.png", kind)
        assert "no picture in a known format" in refusal(tmp_path / "a.png")


def test_a_raw_file_of_a_camera_is_not_taken_for_its_preview(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0xC612] = b"\1\4\0\0"
    drawn(PATCHES).save(tmp_path / "a.dng", "TIFF", exif=tags)
    assert "a camera's raw file" in refusal(tmp_path / "a.dng")


def test_the_second_picture_of_a_photo_is_none_of_an_animation(tmp_path: Path) -> None:
    first, second = drawn(PATCHES), drawn(PATCHES).resize((20, 4))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], quality=98)
    assert read(tmp_path / "a.jpg").notes == ()
    drawn(PATCHES).save(tmp_path / "a.tif", save_all=True, append_images=[drawn(PATCHES)])
    assert "holds several pictures" in read(tmp_path / "a.tif").notes[0]


def test_other_modes_come_as_they_look(tmp_path: Path) -> None:
    lab = Image.new("LAB", (20, 10), (136, 208, 195))
    ImageDraw.Draw(lab).rectangle((10, 0, 20, 10), (255, 128, 128))
    lab.save(tmp_path / "lab.tif")
    left, right = np.asarray(read(tmp_path / "lab.tif").image)[5, [3, 15]].astype(float)
    # Lab (53.3, 80, 67) is sRGB's red.
    assert left == pytest.approx([255, 0, 0], abs=12)
    assert right == pytest.approx([255, 255, 255], abs=3)
    grey = Image.new("LA", (20, 10), (90, 128))
    grey.save(tmp_path / "la.png")
    assert read(tmp_path / "la.png").image.getpixel((3, 3)) == (90, 90, 90, 128)


def test_a_photo_among_clips_is_seen_in_the_colours_of_its_profile(tmp_path: Path) -> None:
    photo, still = tmp_path / "a.png", tmp_path / "still.png"
    Image.new("RGB", (8, 8), (183, 53, 49)).save(photo, icc_profile=P3)
    write_still(photo, still)
    with Image.open(still) as seen, Image.open(photo) as raw:
        shown = read_image(photo, "photo", "clips").image.getpixel((4, 4))
        assert seen.getpixel((4, 4)) == shown
        assert shown != raw.getpixel((4, 4))


def test_a_frame_that_ffmpeg_took_out_of_a_clip_keeps_its_values(tmp_path: Path) -> None:
    points = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    packed = b"".join(struct.pack(">I", round(value * 100_000)) for value in points)
    # As FFmpeg describes the transfer of BT.709.
    gamma = (b"gAMA", struct.pack(">I", 50_994))
    for chunks in ([gamma, (b"cHRM", packed)], [gamma]):
        found = read(png_with(tmp_path / "frame.png", drawn(PATCHES), *chunks))
        assert found.notes == ()
        assert_patches(found, 0)
