"""Python's own ssl at the ward's doors: one HL7 message over MLLP, or one sign-in at the board and its endpoints."""

import http.client
import socket
import ssl
import sys

what, port, ca, certificate, key = sys.argv[1:6]
context = ssl.create_default_context(cafile=ca)
if certificate:
    context.load_cert_chain(certificate, key)
given = sys.stdin.buffer.read()

if what == "mllp":
    with socket.create_connection(("127.0.0.1", int(port)), 20) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            secured.sendall(b"\x0b" + given + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                piece = secured.recv(4096)
                if not piece:
                    sys.exit("closed without an answer")
                answer += piece
            print(secured.version(), answer.replace(b"\r", b"\n").decode())
else:
    board = http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=20)
    board.request("POST", "/api/v1/session", given, {"Content-Type": "application/json"})
    answer = board.getresponse()
    answer.read()
    print(answer.headers["Set-Cookie"])
    board.request("GET", "/api/v1/endpoints")
    print(board.getresponse().read().decode())
