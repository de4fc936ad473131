// examples/mcp/server.js - a tiny MCP server over stdin and stdout, with nothing but Node: one tool,
// which counts the words of a text. It knows nothing of Standpipe, as no MCP server does.
//
//   workers:
//     words:
//       command: [C:\Program Files\nodejs\node.exe, C:\tools\server.js]
'use strict';
const readline = require('readline');

const PROTOCOL = '2025-06-18';
const TOOL = {
    name: 'count_words',
    description: 'Counts the words of a text.',
    inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
    },
};

const methods = {
    initialize: () => ({
        protocolVersion: PROTOCOL,
        capabilities: { tools: {} },
        serverInfo: { name: 'words', version: '1.0.0' },
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools: [TOOL] }),
    'tools/call': ({ name, arguments: input }) => {
        if (name !== TOOL.name || typeof input?.text !== 'string')
            throw Object.assign(new Error(`no such tool, or no text for it: ${name}`), { code: -32602 });
        const count = input.text.split(/\s+/).filter((word) => word !== '').length;
        return { content: [{ type: 'text', text: String(count) }] };
    },
};

function answer(line) {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return null; // a notification
    try {
        const handle = methods[method];
        if (handle === undefined)
            throw Object.assign(new Error(`no such method: ${method}`), { code: -32601 });
        return { jsonrpc: '2.0', id, result: handle(params ?? {}) };
    } catch (error) {
        return { jsonrpc: '2.0', id, error: { code: error.code ?? -32603, message: error.message } };
    }
}

// stdout is for messages alone; what is for people goes to stderr. The end of stdin ends us.
readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const message = answer(line);
    if (message !== null) process.stdout.write(`${JSON.stringify(message)}\n`);
});
