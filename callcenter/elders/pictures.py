"""Pictures that people send: decoded and made anew, so that nothing of what was sent is kept but what is seen. No I/O."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from callcenter.kit.errors import Invalid

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000  # what a good telephone makes; more is a bomb
FORMATS = ("JPEG", "PNG")
PHOTO_SIDE, FORM_SIDE = 640, 2000


def remade(sent: bytes, *, side: int) -> bytes:
    """A JPEG of ours, no longer than `side`: turned as the camera meant it, without EXIF, profile, comments or what was hidden behind the end."""
    if not sent:
        raise Invalid("no picture was sent", code="picture_invalid")
    if len(sent) > MAX_BYTES:
        raise Invalid("a picture has at most 5 MB", code="picture_too_large", details={"max_mb": 5})
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS or min(picture.size) < 1:
                raise Invalid("this picture has too many points", code="picture_too_large", details={"max_mb": 5})
            picture.draft("RGB", (side * 2, side * 2))  # a JPEG is read no larger than is needed
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            plain = Image.new("RGB", upright.size, "white")
            rgba = upright.convert("RGBA")
            plain.paste(rgba, mask=rgba.getchannel("A"))
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid("this picture has too many points", code="picture_too_large", details={"max_mb": 5}) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Invalid("this is no JPEG or PNG picture that can be read", code="picture_invalid") from error
    out = BytesIO()
    plain.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()
