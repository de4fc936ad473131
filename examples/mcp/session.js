// examples/mcp/session.js - what an MCP client says to a server: shows that one answers through
// Standpipe. Node's own modules alone.
//
//   node session.js COMMAND [ARGUMENT...]
//   node session.js standpipe attach words
//
// Starts COMMAND as an MCP client would and speaks MCP over its stdin and stdout: initialize,
// tools/list, tools/call; prints what came. Exits with COMMAND's exit code.
'use strict';
const { spawn } = require('child_process');
const readline = require('readline');

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
    console.error('usage: node session.js COMMAND [ARGUMENT...]');
    process.exit(2);
}
const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
server.on('error', (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(1);
});
server.on('exit', (code) => process.exit(code));

const waiting = new Map();
let lastId = 0;

function send(message) {
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function request(method, params) {
    const id = ++lastId;
    send({ id, method, params });
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

readline.createInterface({ input: server.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    const asked = waiting.get(id);
    if (asked === undefined) return;
    waiting.delete(id);
    if (error === undefined) asked.resolve(result);
    else asked.reject(new Error(error.message));
});

async function session() {
    const hello = await request('initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'session.js', version: '1.0.0' },
    });
    console.log(`${hello.serverInfo.name} speaks MCP ${hello.protocolVersion}`);
    send({ method: 'notifications/initialized' });
    const { tools } = await request('tools/list');
    for (const { name, description } of tools) console.log(`${name}: ${description}`);
    const text = 'one two  three';
    const { content } = await request('tools/call', { name: 'count_words', arguments: { text } });
    console.log(`count_words("${text}") is ${content[0].text}`);
    await request('tools/call', { name: 'nope' }).catch((error) => console.log(error.message));
    server.stdin.end(); // the server's end; we end with it
}

session().catch((error) => {
    console.error(error.message);
    process.exit(1);
});
