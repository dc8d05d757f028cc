"""What our player puts on the wire, byte by byte, without a client."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import msgpack
import numpy as np
import pytest
from ai2thor.wsgi_server import MultipartFormParser, WsgiServer

from tst_sim.errors import UserError
from tst_sim.thor.player.colors import Label, Labels
from tst_sim.thor.player.fifo import FifoTransport
from tst_sim.thor.player.launch import last_words
from tst_sim.thor.player.pictures import encode
from tst_sim.thor.player.play import number_after, open_transport
from tst_sim.thor.player.transport import Message, Picture, plain
from tst_sim.thor.player.wsgi import WsgiTransport, form

LABELS = Labels((Label(1, "wall|1", "Wall"), Label(2, "Bed|1|2", "Bed"), Label(5, "2|0", "Mug")))
FRAME = {
    "rgb": np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
    "depth": np.array([[1.5, 0.0], [25.0, 3.0]], np.float32),
    "normal": np.array([[[0, 0, 1], [0, 0, 0]], [[-1, 0, 0], [0, 0.6, -0.8]]], np.float32),
    "instance": np.array([[1, 0], [2, 5]], np.uint16),
}


def md5_color(tag: str) -> list[int]:
    return list(hashlib.md5(tag.encode()).digest()[:3])


def test_rgb_is_sent_bottom_row_first() -> None:
    assert encode("rgb", FRAME, LABELS) == bytes([6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5])


def test_depth_is_metres_and_the_far_plane_where_nothing_is() -> None:
    assert struct.unpack("<4f", encode("depth", FRAME, LABELS)) == (25.0, 3.0, 1.5, 20.0)


def test_normals_are_rgba_with_the_background_of_ids() -> None:
    pixels = np.frombuffer(encode("normal", FRAME, LABELS), np.uint8).reshape(2, 2, 4)
    assert pixels.tolist() == [
        [[0, 128, 128, 255], [128, 204, 26, 255]],
        [[128, 128, 255, 255], [0, 0, 255, 255]],
    ]


def test_ids_and_classes_have_md5_colors_and_full_alpha() -> None:
    ids = np.frombuffer(encode("instance", FRAME, LABELS), np.uint8).reshape(2, 2, 4)
    assert ids[0].tolist() == [[*md5_color("Bed|1|2"), 255], [*md5_color("2|0"), 255]]
    assert ids[1].tolist() == [[*md5_color("wall|1"), 255], [0, 0, 255, 255]]
    classes = np.frombuffer(encode("semantic", FRAME, LABELS), np.uint8).reshape(2, 2, 4)
    assert classes[0].tolist() == [[*md5_color("Bed"), 255], [*md5_color("Mug"), 255]]


def test_colors_name_types_first_where_ids_do_not_then_instances_then_classes() -> None:
    assert [(entry["name"], entry["color"]) for entry in LABELS.colors] == [
        ("Wall", md5_color("wall|1")),
        ("Mug", md5_color("2|0")),
        ("wall|1", md5_color("wall|1")),
        ("Bed|1|2", md5_color("Bed|1|2")),
        ("2|0", md5_color("2|0")),
        ("Bed", md5_color("Bed")),
        ("Mug", md5_color("Mug")),
        ("Wall", md5_color("Wall")),
    ]


@pytest.mark.parametrize("words", ["short", "x" * 100_000])
def test_last_words_are_one_message_with_the_words_where_a_number_belongs(words: str) -> None:
    message = last_words(words)
    kind, length = struct.unpack("!BI", message[:5])
    assert kind == 1
    assert msgpack.loads(message[5 : 5 + length]) == {"sequenceId": words[:60_000]}
    assert message[5 + length :] == struct.pack("!BI", 255, 0)


def test_a_message_of_many_pictures_goes_through_a_small_pipe_whole() -> None:
    out, into = os.pipe()
    line = FifoTransport(into, "")
    pictures = [(Picture.CAMERA_IDS, bytes([number % 256]) * (50 * number)) for number in range(600)]
    read = []
    reader = threading.Thread(target=lambda: read.append(Path(f"/proc/self/fd/{out}").read_bytes()))
    reader.start()
    line.send(Message(b"meta", pictures))
    os.close(into)
    reader.join()
    os.close(out)
    fields = [(1, b"meta"), *((picture.field, data) for picture, data in pictures), (255, b"")]
    assert read[0] == b"".join(struct.pack("!BI", kind, len(data)) + data for kind, data in fields)


def test_a_web_form_is_what_the_clients_parser_reads() -> None:
    awkward = b"\r\n--\r\n\r\nedge\r"
    message = Message(b'{"sequenceId": 3, "agents": []}', [(Picture.RGB, awkward), (Picture.CAMERA_RGB, b"\x00")])
    read = MultipartFormParser(form(message, "the token", "edge-of-form"), b"edge-of-form")
    assert read.form == {"metadata": ['{"sequenceId": 3, "agents": []}'], "token": ["the token"]}
    assert {name: [bytes(data) for data in found] for name, found in read.files.items()} == {
        "image": [awkward],
        "image-thirdParty-camera": [b"\x00"],
    }


@pytest.fixture
def server() -> Iterator[WsgiServer]:
    """The client's web server, with nobody behind it."""
    server = WsgiServer("127.0.0.1", timeout=30, width=4, height=4)
    server.client_token = "right"
    server.start()
    yield server
    server.wsgi_server.shutdown()


def wsgi_line(server: WsgiServer, token: str) -> WsgiTransport:
    host, port = server.wsgi_server.socket.getsockname()
    return WsgiTransport(host, port, token)


def test_a_post_is_answered_with_the_next_action(server: WsgiServer) -> None:
    line = wsgi_line(server, "right")
    agent = {"screenWidth": 4, "screenHeight": 4, "thirdPartyCameras": [], "lastActionSuccess": True}
    metadata = {"sequenceId": 0, "agents": [agent], "thirdPartyCameras": [], "activeAgentId": 0}
    line.send(Message(line.pack(metadata), [(Picture.RGB, bytes(range(48)))]))
    assert server.receive().frame[-1, 0].tolist() == [0, 1, 2]
    server.send({"action": "Pass"})
    assert json.loads(line.receive() or b"") == {"action": "Pass", "sequenceId": 1}


def test_a_refused_post_is_an_error_and_no_action(server: WsgiServer) -> None:
    line = wsgi_line(server, "wrong")
    line.send(Message(b"{}"))
    with pytest.raises(http.client.HTTPException, match="the client's server answered 403 FORBIDDEN"):
        line.receive()


def test_metadata_may_hold_numpy_numbers_and_sets_and_nothing_else_unheard_of() -> None:
    value = {"a": np.float32(0.5), "b": np.arange(2), "c": frozenset("ba")}
    assert msgpack.loads(msgpack.packb(value, default=plain)) == {"a": 0.5, "b": [0, 1], "c": ["a", "b"]}
    with pytest.raises(TypeError, match="object has no place"):
        msgpack.packb({"d": object()}, default=plain)


def test_options_of_the_command_line_are_read_by_name() -> None:
    arguments = [
        "-screen-fullscreen",
        "0",
        "-screen-width",
        "640",
        "-force-device-index",
        "0",
        "-screen-height",
        "tall",
    ]
    assert number_after("-screen-width", arguments) == 640
    assert number_after("-force-device-index", arguments) == 0
    assert number_after("-screen-height", arguments) is None
    assert number_after("-screen-quality", arguments) is None


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "AI2THOR_PORT"),
        ({"AI2THOR_SERVER_TYPE": "FIFO"}, "AI2THOR_SERVER_TYPE=FIFO"),
        ({"AI2THOR_SERVER_TYPE": "carrier pigeon"}, "AI2THOR_SERVER_TYPE=CARRIER PIGEON"),
    ],
)
def test_whoever_is_no_client_is_told_so(environment: dict[str, str], missing: str) -> None:
    with pytest.raises(UserError, match=missing):
        open_transport(None, environment)
