"""Where `<image>` stands in an instruction."""

from __future__ import annotations

from actors.base import BadRow
from actors.models.text_generator import IMAGE_MARKS

IMAGE_MARK = "<image>"


def place_marks(instruction: str, num_images: int) -> str:
    """`instruction` with one mark per picture: its own where their number fits, else all at the end.

    The released models attend to the next picture, so the picture follows the text that asks about it.

    Raises:
        BadRow(image_marks): there are marks, and not as many as pictures.
    """
    marks = instruction.count(IMAGE_MARK)
    if marks == num_images:
        return instruction
    if marks:
        raise BadRow(IMAGE_MARKS, f"{marks} {IMAGE_MARK} marks in the instruction, {num_images} pictures")
    return instruction + IMAGE_MARK * num_images
