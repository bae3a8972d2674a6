"""Whatever other processes send to the kernel's ports, it keeps working and reveals nothing."""

import hashlib
import hmac
import json
import os
import time
import unittest

import zmq
from jupyter_client.manager import start_new_kernel

DELIMITER = b"<IDS|MSG>"
CHANNELS = {"shell": zmq.DEALER, "control": zmq.DEALER, "stdin": zmq.DEALER, "hb": zmq.REQ}


def sign(key, parts):
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(part)
    return digest.hexdigest().encode()


def request(kind, content):
    header = {"msg_id": os.urandom(8).hex(), "msg_type": kind, "session": "x", "username": "x", "version": "5.3"}
    return [json.dumps(part).encode() for part in (header, {}, {}, content)]


class SecurityTest(unittest.TestCase):
    def setUp(self):
        self.manager, self.client = start_new_kernel(kernel_name="tslab")
        self.client.session.session = "security"
        self.connection = self.client.get_connection_info()
        self.key = self.connection["key"]
        self.context = zmq.Context()
        self.sockets = []

    def tearDown(self):
        for socket in self.sockets:
            socket.close(linger=0)
        self.context.term()
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def connect(self, channel, kind):
        socket = self.context.socket(kind)
        self.sockets.append(socket)
        socket.setsockopt(zmq.SNDTIMEO, 10_000)
        socket.connect(f"tcp://{self.connection['ip']}:{self.connection[channel + '_port']}")
        return socket

    def send(self, channel, frames):
        self.connect(channel, CHANNELS[channel]).send_multipart(frames)

    def assert_works(self):
        """Cells run, and an endless one can be interrupted."""
        printed = []
        reply = self.client.execute_interactive(
            "console.log('alive')", timeout=30, output_hook=lambda message: printed.append(message["content"])
        )
        self.assertEqual(reply["content"]["status"], "ok")
        self.assertEqual([output.get("text") for output in printed if "text" in output], ["alive\n"])
        self.client.execute("console.log('started'); while (true) {}", stop_on_error=False)
        while self.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        self.manager.interrupt_kernel()
        self.assertEqual(self.client.get_shell_msg(timeout=30)["content"]["status"], "error")

    def test_every_port_survives_garbage(self):
        signed = request("interrupt_request", {})
        no_json = [b"{", b"{}", b"{}", b"{}"]
        no_object = [b"null", b"null", b"1", b'"x"']
        no_content = request("execute_request", None)
        no_type = [b'{"msg_id": 1}', b"{}", b"{}", b"{}"]
        garbage = [
            [b"x"],
            [b""],
            [b"", b""],
            [DELIMITER],
            [b"identity", DELIMITER],
            [DELIMITER, b""],
            [DELIMITER, b"", b"", b"", b"", b""],
            [DELIMITER, sign(self.key, [])],
            [DELIMITER, sign(self.key, signed[:1]), signed[0]],
            [DELIMITER, sign(self.key, signed[:2]), *signed[:2]],
            [DELIMITER, b"\xff" * 64, *signed],
            [DELIMITER, "ж".encode() * 32, *signed],
            [DELIMITER, b"", *signed],
            *([DELIMITER, sign(self.key, parts), *parts] for parts in (no_json, no_object, no_content, no_type)),
            [os.urandom(10_000_000)],
            [DELIMITER, b"0" * 64, os.urandom(10_000_000), b"{}", b"{}", b"{}"],
            [b"x"] * 1000,
            [DELIMITER] * 1000,
        ]
        for channel in CHANNELS:
            for frames in garbage:
                self.send(channel, frames)
        time.sleep(0.5)
        self.assert_works()

    def test_bytes_that_are_no_zmq_are_survived(self):
        for channel in (*CHANNELS, "iopub"):
            for data in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(100_000), b"\xff" + b"\x00" * 8 + b"\x01" + b"\x7f" * 64):
                socket = self.connect(channel, zmq.STREAM)
                identity = socket.recv()
                socket.recv()
                socket.send_multipart([identity, data])
        time.sleep(0.5)
        self.assert_works()

    def test_who_lacks_the_key_learns_nothing(self):
        listener = self.connect("iopub", zmq.SUB)
        listener.subscribe(b"")
        self.assertEqual(listener.poll(10_000), zmq.POLLIN)
        self.assertIn(b"iopub_welcome", b"".join(listener.recv_multipart()))
        parts = request("execute_request", {"code": "require('fs').writeFileSync('intruder', '')", "silent": False})
        for channel in ("shell", "control"):
            sender = self.connect(channel, zmq.DEALER)
            for signature in (b"0" * 64, b"", sign(self.key, parts)[:-1], sign(b"other", parts)):
                sender.send_multipart([DELIMITER, signature, *parts])
            self.assertEqual(sender.poll(700), 0)
        self.assertEqual(listener.poll(100), 0)
        self.assertFalse(os.path.exists("intruder"))
        self.assert_works()


if __name__ == "__main__":
    unittest.main()
