// bench/peers/bridge.js - NODE, the bridge that a Node programmer writes: a worker for each client.
//
// usage: node bridge.js PIPE PROGRAM [ARGUMENT...]
//
// A connection is one client's stdin: its first line names the pipe on which the client waits for
// stdout, and its end is the end of stdin. One pipe for both won't do: Node can't half-close a
// named pipe, and stops reading 50 ms after its own end().
'use strict';
const { spawn } = require('child_process');
const net = require('net');

const [pipe, program, ...args] = process.argv.slice(2);

const server = net.createServer((input) => {
    input.once('data', (head) => {
        input.pause();
        const end = head.indexOf('\n');
        const output = net.connect(head.toString('utf8', 0, end));
        // detached: on Windows, a worker without a console, as for all the others.
        const worker = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
        input.unshift(head.subarray(end + 1));
        input.pipe(worker.stdin).on('error', () => input.destroy());
        worker.stdout.pipe(output).on('error', () => worker.kill());
        output.on('finish', () => output.destroy());
    });
    input.on('error', () => {});
});
server.listen(pipe, () => console.log('ready'));
