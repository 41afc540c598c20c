"""As much of an IMAP server as the fetcher speaks to, on loopback: sign in, search what is unread, fetch, flag; with TLS."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from contextlib import suppress
from pathlib import Path


class Handler(socketserver.StreamRequestHandler):
    """One connection."""

    def say(self, *lines: bytes) -> None:
        for line in lines:
            self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        # A client that does not like our certificate goes without a word.
        with suppress(ssl.SSLError, ConnectionError):
            if self.server.tls == "imaps":
                self.go_safe()
            self.talk()

    def go_safe(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.certificate)
        self.connection = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.server.safe = True

    def talk(self) -> None:
        can = b"IMAP4rev1 STARTTLS" if self.server.tls == "imap+tls" else b"IMAP4rev1"
        self.say(b"* OK [CAPABILITY " + can + b"] ready")
        while line := self.rfile.readline().strip():
            tag, _, rest = line.partition(b" ")
            word = rest.split(b" ")[0].upper()
            self.server.heard.append(rest.split(b" ")[0] if word == b"LOGIN" else rest)
            if word == b"LOGIN" and b'"pass"' not in rest:
                self.say(tag + b" NO wrong password")
                continue
            if word == b"UID" and not self.uid(rest):
                self.say(tag + b" NO not this one")
                continue
            if word == b"CAPABILITY":
                self.say(b"* CAPABILITY " + can)
            if word == b"SELECT":
                self.say(b"* OK [UIDVALIDITY 7] ids stay", b"* %d EXISTS" % len(self.server.mails))
            if word == b"LOGOUT":
                self.say(b"* BYE")
            self.say(tag + b" OK done")
            if word == b"STARTTLS":
                self.go_safe()
            if word == b"LOGOUT":
                return

    def uid(self, rest: bytes) -> bool:
        """Answers; False where it is refused."""
        mails, flags = self.server.mails, self.server.flags
        words = rest.split(b" ")
        if words[1].upper() == b"SEARCH":
            unread = [b"%d" % n for n in mails if b"\\Seen" not in flags[n]]
            self.say(b" ".join([b"* SEARCH", *unread]))
            return True
        number = int(words[2])
        if number in self.server.drops:
            raise ConnectionError
        if number in self.server.refused.get(words[1].upper(), ()):
            return False
        if words[1].upper() == b"STORE":
            flags[number] |= set(re.findall(rb"\\\w+", rest))
        elif b"RFC822.SIZE" in rest:
            self.say(b"* 1 FETCH (UID %d RFC822.SIZE %d)" % (number, self.server.size or len(mails[number])))
        else:
            head, _, _ = mails[number].partition(b"\n\n")
            body = head + b"\n\n" if b"HEADER" in rest else mails[number]
            self.wfile.write(b"* 1 FETCH (UID %d BODY[] {%d}\r\n" % (number, len(body)) + body + b")\r\n")
        return True


class Mailbox(socketserver.ThreadingTCPServer):
    """A mailbox with `mails` by uid; `size` is said of every mail instead of the true one while it is set.

    `refused` are the uids that are refused a FETCH or a STORE, `drops` those at which the server hangs up.

    With `tls` (imaps or imap+tls) it shows `certificate`; `safe` says that somebody took it.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self, tls: str = "imap", certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls, self.certificate, self.safe = tls, certificate, False
        self.mails: dict[int, bytes] = {}
        self.flags: dict[int, set[bytes]] = {}
        self.heard: list[bytes] = []
        self.size = 0
        self.refused: dict[bytes, set[int]] = {}
        self.drops: set[int] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def put(self, raw: bytes) -> int:
        number = len(self.mails) + 1
        self.mails[number], self.flags[number] = raw, set()
        return number

    @property
    def url(self) -> str:
        return f"{self.tls}://in:pass@127.0.0.1:{self.server_address[1]}/INBOX?timeout=5"
