// bench/peers/client.js - the client of bridge.js: its stdin goes to a worker, what the worker says
// to its stdout.
//
// usage: node client.js PIPE
'use strict';
const net = require('net');

const pipe = process.argv[2];
const back = `${pipe}-${process.pid}`;

const server = net.createServer((output) => {
    server.close();
    output.pipe(process.stdout);
});
server.listen(back, () => {
    const input = net.connect(pipe);
    input.write(`${back}\n`);
    process.stdin.pipe(input);
    input.on('finish', () => input.destroy());
});
