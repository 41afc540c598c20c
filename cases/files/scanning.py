"""Asks a scanner for viruses about a file, in the words of clamd: INSTREAM over a socket."""

from __future__ import annotations

import socket
import struct

TIMEOUT = 10.0  # seconds for each step of the talk
CHUNK = 64 * 1024
ANSWER_MOST = 4096  # bytes


class NoScanner(OSError):
    """The scanner cannot be asked, or says that it could not look: nothing is known of the file."""


def is_harmful(content: bytes, address: str) -> bool:
    """Whether the scanner at `address` (host:port, or the path of a socket) finds something in it.

    Raises NoScanner when it does not say yes or no.
    """
    try:
        with _connected(address) as talk:
            talk.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                piece = content[start : start + CHUNK]
                talk.sendall(struct.pack(">I", len(piece)) + piece)
            talk.sendall(struct.pack(">I", 0))
            said = _answer(talk)
    except (OSError, ValueError) as error:
        raise NoScanner(f"The scanner for viruses cannot be asked: {type(error).__name__}.") from None
    if said.endswith("FOUND"):
        return True
    if said == "stream: OK":
        return False
    raise NoScanner("The scanner for viruses could not look at a file.")


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        talk.settimeout(TIMEOUT)
        try:
            talk.connect(address)
        except BaseException:
            talk.close()
            raise
        return talk
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT)


def _answer(talk: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < ANSWER_MOST:
        piece = talk.recv(ANSWER_MOST)
        if not piece:
            break
        said += piece
    return said.rstrip(b"\0\r\n").decode("ascii", "replace")
