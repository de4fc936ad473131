// examples/lsp/session.js - what an editor says to a language server, in a few seconds: shows that
// one answers through Standpipe. Node's own modules alone.
//
//   node session.js LANGUAGE FILE COMMAND [ARGUMENT...]
//   node session.js python wrong.py standpipe attach pyright
//
// Starts COMMAND as an editor would and speaks LSP over its stdin and stdout: initialize, didOpen
// with FILE, waits for its diagnostics, prints them, shutdown, exit. Exits with COMMAND's exit code.
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');

const [languageId, file, command, ...args] = process.argv.slice(2);
if (command === undefined) {
    console.error('usage: node session.js LANGUAGE FILE COMMAND [ARGUMENT...]');
    process.exit(2);
}
const uri = pathToFileURL(path.resolve(file)).href;
const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
server.on('error', (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(1);
});
server.on('exit', (code) => process.exit(code));

function send(message) {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

// Messages of the server, whole ones, whatever pieces they come in.
let came = Buffer.alloc(0);
server.stdout.on('data', (bytes) => {
    came = Buffer.concat([came, bytes]);
    for (;;) {
        const head = came.indexOf('\r\n\r\n');
        const length = head < 0 ? null : /Content-Length: (\d+)/i.exec(came.toString('latin1', 0, head));
        const end = length === null ? Infinity : head + 4 + Number(length[1]);
        if (came.length < end) return;
        const message = JSON.parse(came.toString('utf8', head + 4, end));
        came = came.subarray(end);
        hear(message);
    }
});

const INITIALIZE = 1, SHUTDOWN = 2;

function hear({ id, method, params, result }) {
    if (id === INITIALIZE && method === undefined) {
        console.log(`initialized: ${result.serverInfo?.name ?? 'a server'}`);
        send({ method: 'initialized', params: {} });
        const text = fs.readFileSync(file, 'utf8');
        const textDocument = { uri, languageId, version: 1, text };
        send({ method: 'textDocument/didOpen', params: { textDocument } });
    } else if (method === 'textDocument/publishDiagnostics' && params.diagnostics.length > 0) {
        for (const { range, message } of params.diagnostics)
            console.log(`${path.basename(file)}:${range.start.line + 1}: ${message.split('\n')[0]}`);
        send({ id: SHUTDOWN, method: 'shutdown' });
    } else if (id === SHUTDOWN && method === undefined) {
        console.log('shut down');
        send({ method: 'exit' });
        server.stdin.end();
    } else if (id !== undefined && method !== undefined) {
        // The server asks for something (settings, progress): nothing is an answer, too.
        const nothing = method === 'workspace/configuration' ? params.items.map(() => null) : null;
        send({ id, result: nothing });
    }
}

// processId: null. A server ends when it sees no such process, and ours may be on another machine.
const rootUri = pathToFileURL(path.dirname(path.resolve(file))).href;
send({
    id: INITIALIZE,
    method: 'initialize',
    params: {
        processId: null,
        rootUri,
        workspaceFolders: [{ uri: rootUri, name: 'example' }],
        capabilities: {},
    },
});
