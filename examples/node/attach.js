// examples/node/attach.js - a client of the control protocol (docs/protocol.md), with nothing but
// Node: stdin, stdout, stderr and the exit code are the worker's.
//
//   node attach.js standpipe sort < names.txt
'use strict';
const fs = require('fs/promises');
const net = require('net');
const readline = require('readline');

const EXIT_CODES = { 2: 127, 3: 126 }; // no such worker, could not be started; all others: 125

const [pipe, worker, ...args] = process.argv.slice(2);
if (worker === undefined) {
    console.error('usage: node attach.js PIPE WORKER [ARGUMENT...]');
    process.exit(2);
}

function fail(message, code = 125) {
    console.error(`${worker}: ${message}`);
    process.exit(code);
}

const path = (leaf) => `\\\\.\\pipe\\${leaf}`;
const control = net.connect(path(pipe)); // both ways at once, which a file's handle can't do
control.on('error', (error) => fail(`pipe ${pipe}: ${error.message}`));
const waiting = new Map(); // what to do with an answer, by its request's id
const announced = {}; // how many bytes each output had, as the service says
let exited; // what to do with the exit
let lastId = 0;

function send(message) {
    control.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function request(method, params) {
    const id = ++lastId;
    send({ id, method, params });
    return new Promise((resolve) => waiting.set(id, resolve));
}

function hear({ id, method, params, result, error }) {
    if (error !== undefined) fail(error.message, EXIT_CODES[error.code]);
    else if (method === 'output_end') announced[params.stream] = params.bytes;
    else if (method === 'exit') exited(params);
    else if (method === undefined) waiting.get(id)(result);
    // Other notifications are left alone: some are for others, more may come one day.
}

async function copyInput(to) {
    let bytes = 0;
    try {
        for await (const piece of process.stdin) {
            bytes += piece.length;
            await to.writeFile(piece);
        }
    } catch {
        return; // the worker takes no more, and may go on all the same
    }
    await to.close();
    send({ method: 'input_end', params: { bytes } });
}

async function copyOutput(stream, from) {
    let bytes = 0;
    for await (const piece of from.createReadStream()) {
        bytes += piece.length;
        process[stream].write(piece);
    }
    return { stream, bytes };
}

async function session() {
    const exit = new Promise((resolve) => { exited = resolve; });
    const names = await request('attach', { worker, protocol: 1, args });
    const [input, stdout, stderr] = await Promise.all([
        fs.open(path(names.stdin), 'w'), fs.open(path(names.stdout)), fs.open(path(names.stderr)),
    ]);
    const copies = [copyOutput('stdout', stdout), copyOutput('stderr', stderr)];
    await request('start');
    copyInput(input);
    const { code, reason } = await exit;
    for (const { stream, bytes } of await Promise.all(copies))
        if (bytes !== announced[stream]) fail(`${announced[stream]} bytes of ${stream}, ${bytes} came`);
    await request('ack');
    if (reason !== undefined) fail(`the worker was ended: ${reason}`);
    process.exitCode = code | 0;
    process.stdin.destroy(); // what it still has is for nobody
    control.removeAllListeners('close').destroy();
}

readline.createInterface({ input: control }).on('line', (line) => hear(JSON.parse(line)));
control.on('close', () => fail('the connection was lost'));
session();
