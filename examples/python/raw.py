r"""examples/python/raw.py - a client of a raw endpoint, with nothing but Python (3.8 or later): our
stdin goes to the worker, what it says to our stdout.

    python raw.py \\.\pipe\standpipe\sort < names.txt

multiprocessing's Client and not open(): its handle is an overlapped one. On a handle of open()
Windows does one thing at a time, so a read that waits would hold up every write.
"""
import os
import sys
import threading
from multiprocessing.connection import Client

if len(sys.argv) != 2:
    sys.exit(r"usage: python raw.py \\.\pipe\standpipe\WORKER")
worker = Client(sys.argv[1], family="AF_PIPE")


def send():
    """Our stdin, piece by piece, then an empty message: the end of the worker's stdin."""
    try:
        while piece := os.read(0, 65536):
            worker.send_bytes(piece)
        worker.send_bytes(b"")
    except OSError:
        pass  # the worker takes no more, and may go on all the same


threading.Thread(target=send, daemon=True).start()
try:
    while True:
        sys.stdout.buffer.write(worker.recv_bytes())
        sys.stdout.buffer.flush()
except EOFError:
    pass  # the end of the worker's output
