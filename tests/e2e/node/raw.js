// tests/e2e/node/raw.js - a client that isn't ours: Node's net.connect on a raw endpoint.
//
// usage: node raw.js PIPE SIZE     e.g. node raw.js \\.\pipe\standpipe\cat 8388608
//
// Sends SIZE pseudo-random bytes in uneven pieces, half-closes, reads to the end. The worker must
// give back what it gets. Prints one line of JSON; exits with 0 when the same bytes came back, 1
// when not, 2 when it was called wrongly.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const net = require('net');

const PATIENCE_MS = 100000;
const LARGEST_PIECE = 200000;

const [pipe, sizeText] = process.argv.slice(2);
const size = Number(sizeText);
if (pipe === undefined || !Number.isSafeInteger(size) || size < 0) {
    fs.writeSync(2, 'usage: node raw.js PIPE SIZE\n');
    process.exit(2);
}

// The same bytes and the same pieces each time: a key stream, cut by a linear generator.
const stream = crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
let random = 1;
function pieceSize() {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const most = random & 1 ? LARGEST_PIECE : 100;
    return 1 + (random >>> 8) % most;
}

const sent = { bytes: 0, hash: crypto.createHash('sha256') };
const came = { bytes: 0, hash: crypto.createHash('sha256') };
function take(side, bytes) {
    side.bytes += bytes.length;
    side.hash.update(bytes);
}

const socket = net.connect(pipe);

// Writing nothing sends an empty message, which is the half-close. It must be a write of its own:
// one that waits behind others is merged with them and vanishes. socket.end() won't do: on a pipe
// it gives up reading 50 ms later.
function halfClose() {
    socket.write(Buffer.alloc(0));
}

function send() {
    for (;;) {
        const rest = size - sent.bytes;
        if (rest === 0) {
            halfClose();
            return;
        }
        const piece = stream.update(Buffer.alloc(Math.min(rest, pieceSize())));
        take(sent, piece);
        if (sent.bytes === size) {
            socket.write(piece, halfClose);
            return;
        }
        if (!socket.write(piece)) {
            socket.once('drain', send);
            return;
        }
    }
}

function finish(error) {
    const digests = [sent.hash.digest('hex'), came.hash.digest('hex')];
    const ok = error === null && sent.bytes === size && digests[0] === digests[1];
    fs.writeSync(1, JSON.stringify({
        ok,
        sent: sent.bytes,
        came: came.bytes,
        sha256_sent: digests[0],
        sha256_came: digests[1],
        error,
    }) + '\n');
    process.exit(ok ? 0 : 1);
}

socket.on('connect', send);
socket.on('data', (bytes) => take(came, bytes));
socket.on('end', () => finish(null));
socket.on('error', (error) => finish(error.message));
setTimeout(() => finish(`no end after ${PATIENCE_MS} ms`), PATIENCE_MS);
