"""Messages over HTTP: AI2-THOR's WSGI server type. The player is the one who calls.

Every event is posted as a multipart form; the answer to the post is the next action.
"""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from typing import Any

from tst_sim.thor.player.transport import Message, plain

PATH = "/train"


class WsgiTransport:
    """`Transport` over one kept-alive connection to the client's web server.

    There is no time limit: the answer to a post comes when the user's script takes its next step.
    """

    supports_patches = False

    def __init__(self, host: str, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(host, port)
        self._token = token

    def pack(self, metadata: Mapping[str, Any]) -> bytes:
        """JSON."""
        return json.dumps(metadata, default=plain).encode()

    def send(self, message: Message) -> None:
        """Post the event; ConnectionError when the client's server is gone."""
        boundary = uuid.uuid4().hex
        body = form(message, self._token, boundary)
        self._connection.request("POST", PATH, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def receive(self) -> bytes | None:
        """The body of the answer. HTTPException when the server refuses the event, as it does another's token."""
        response = self._connection.getresponse()
        body = response.read()
        if response.status == http.client.OK:
            return body
        raise http.client.HTTPException(f"the client's server answered {response.status} {response.reason}")


def form(message: Message, token: str, boundary: str) -> bytes:
    """The multipart form that the client's parser reads: header names are spelled as it looks them up."""
    edge = f"--{boundary}\r\n".encode()
    pieces = []
    for picture, data in message.pictures:
        pieces += [edge, _headers("application/octet-stream", picture.form_name, filename="image.raw"), data, b"\r\n"]
    for name, value in (("metadata", message.metadata), ("token", token.encode())):
        pieces += [edge, _headers("text/plain; charset=utf-8", name), value, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces)


def _headers(content: str, name: str, filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    return f'Content-Type: {content}\r\nContent-disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
