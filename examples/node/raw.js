// examples/node/raw.js - a client of a raw endpoint, with nothing but Node: our stdin goes to the
// worker, what it says to our stdout.
//
//   node raw.js \\.\pipe\standpipe\sort < names.txt
'use strict';
const net = require('net');

const [pipe] = process.argv.slice(2);
if (pipe === undefined) {
    console.error('usage: node raw.js \\\\.\\pipe\\standpipe\\WORKER');
    process.exit(2);
}
const worker = net.connect(pipe);

// A write of no bytes is an empty message: the end of the worker's stdin. It must be a write of its
// own: one that waits behind others is merged with them and vanishes. socket.end() won't do: it
// closes the pipe before the answer is there.
const endInput = () => worker.write(Buffer.alloc(0));

let written = 0, out = 0, ended = false;
const endWhenOut = () => ended && out === written && endInput();

worker.on('connect', () => {
    process.stdin.on('data', (piece) => {
        written++;
        const room = worker.write(piece, () => {
            out++;
            endWhenOut();
        });
        if (!room) process.stdin.pause();
    });
    process.stdin.on('end', () => {
        ended = true;
        endWhenOut();
    });
});
worker.on('drain', () => process.stdin.resume());
worker.pipe(process.stdout);
worker.on('end', () => process.stdin.destroy()); // the worker is done, whatever stdin still has
worker.on('error', (error) => {
    console.error(`${pipe}: ${error.message}`);
    process.exitCode = 1;
    process.stdin.destroy();
});
