r"""examples/python/attach.py - a client of the control protocol (docs/protocol.md), with nothing but
Python (3.8 or later): stdin, stdout, stderr and the exit code are the worker's.

    python attach.py standpipe sort < names.txt

Pipes are opened with open(), and on such a handle Windows does one thing at a time: a read of the
control pipe that waits would hold up every write to it. So nobody reads it before both outputs have
ended; until then it belongs to the thread that copies stdin.
"""
import json
import os
import sys
import threading
import time

BUSY = 231  # ERROR_PIPE_BUSY: others have just come; the service makes room
EXIT_CODES = {2: 127, 3: 126}  # no such worker, could not be started; all others: 125


def open_pipe(leaf, mode):
    """Opens a pipe of this machine, unbuffered."""
    while True:
        try:
            return open(rf"\\.\pipe\{leaf}", mode, buffering=0)
        except OSError as error:
            if getattr(error, "winerror", None) != BUSY:
                raise
            time.sleep(0.02)


def fail(message, code=125):
    print(f"{worker}: {message}", file=sys.stderr)
    sys.exit(code)


def send(method, params, **request):
    line = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **request})
    control.write(line.encode() + b"\n")


def hear():
    line = control.readline()
    if not line:
        fail("the connection was lost")
    message = json.loads(line)
    if "error" in message:
        fail(message["error"]["message"], EXIT_CODES.get(message["error"]["code"], 125))
    return message


def ask(method, params):
    """One request; here nothing else is said before its answer."""
    send(method, params, id=1)
    return hear()["result"]


def copy_input(to):
    sent = 0
    try:
        while piece := os.read(0, 65536):
            to.write(piece)
            sent += len(piece)
        to.close()
        send("input_end", {"bytes": sent})
    except OSError:
        pass  # the worker takes no more, and may go on all the same


def copy_output(stream, source, to):
    while piece := source.read(65536):
        to.write(piece)
        to.flush()
        came[stream] += len(piece)


if len(sys.argv) < 3:
    sys.exit("usage: python attach.py PIPE WORKER [ARGUMENT...]")
worker = sys.argv[2]
came = {"stdout": 0, "stderr": 0}
control = open_pipe(sys.argv[1], "r+b")
names = ask("attach", {"worker": worker, "protocol": 1, "args": sys.argv[3:]})
stdin = open_pipe(names["stdin"], "wb")
stdout = open_pipe(names["stdout"], "rb")
stderr = open_pipe(names["stderr"], "rb")
ask("start", {})

threading.Thread(target=copy_input, args=(stdin,), daemon=True).start()
copies = [threading.Thread(target=copy_output, args=("stdout", stdout, sys.stdout.buffer)),
          threading.Thread(target=copy_output, args=("stderr", stderr, sys.stderr.buffer))]
for copy in copies:
    copy.start()
for copy in copies:
    copy.join()
while (message := hear())["method"] != "exit":
    if message["method"] == "output_end":
        stream, announced = message["params"]["stream"], message["params"]["bytes"]
        if came[stream] != announced:
            fail(f"{announced} bytes of {stream} were announced, and {came[stream]} came")
send("ack", {})
end = message["params"]
if "reason" in end:
    fail(f"the worker was ended: {end['reason']}")
sys.exit(end["code"] - (1 << 32) if end["code"] >> 31 else end["code"])
