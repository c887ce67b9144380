"""Text for the terminal: what others have named or sent must not steer it."""


def printable(text: str) -> str:
    """The text on one line, with a question mark for each character that is not printable.

    Such are the control characters, by which a terminal is steered, those that
    turn the direction of writing, and bytes of a file's name that are not UTF-8.
    """
    return "".join(character if character.isprintable() else "?" for character in text)
