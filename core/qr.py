import segno


def picture(text: str) -> str:
    """A QR code as SVG that needs no style and nothing from elsewhere. It is markup and safe: only lines come from the text."""
    return segno.make(text, error="m").svg_inline(
        scale=5, border=2, svgclass="qr", lineclass="qr-line", omitsize=True
    )
