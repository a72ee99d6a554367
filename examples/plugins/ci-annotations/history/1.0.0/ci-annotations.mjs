#!/usr/bin/env node
import { createInterface } from 'node:readline';

/** The commands of the plugin. */
const COMMANDS = { annotate };

/** `{findings: [{rule, severity, message, place: {file, line?, column?}}]}` → `{text}` for a GitHub Actions log. */
function annotate(input) {
  const lines = findingsOf(input).map(({ rule, severity, message, place }) => {
    const level = ['error', 'warning'].includes(severity) ? severity : 'notice';
    const properties = { file: place.file, line: place.line, col: place.column, title: rule };
    const written = Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
    return `::${level} ${written.join(',')}::${escapeData(String(message))}\n`;
  });
  return { text: lines.join('') };
}

// A line that starts with `::` commands the runner, so nothing that ends a message may stay in one.
function escapeData(text) {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text) {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function findingsOf(input) {
  const findings = input?.findings;
  const wellFormed =
    Array.isArray(findings) && findings.every((finding) => typeof finding?.place?.file === 'string');
  if (!wellFormed) throw new Refusal('INVALID_INPUT', 'Findings are a list, each with a place.file.');
  return findings;
}

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Plugin protocol 1: JSON-RPC 2.0, one message a line, on standard input and output. */
async function serve() {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = parse(line);
    if (request === undefined) send({ id: null, error: { code: -32700, message: 'Not JSON.' } });
    // Notifications need no answer, and `cancel` comes too late: a command runs to its end at once.
    else if (request.id !== undefined) send({ id: request.id, ...answer(request) });
    if (request?.method === 'shutdown') return;
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function parse(line) {
  try {
    const request = JSON.parse(line);
    return typeof request === 'object' && request !== null ? request : undefined;
  } catch {
    return undefined;
  }
}

function answer({ method, params }) {
  if (method === 'initialize') return { result: { protocol: 1, commands: Object.keys(COMMANDS) } };
  if (method === 'shutdown') return { result: null };
  if (method !== 'execute') return { error: { code: -32601, message: `There is no method ${method}.` } };
  if (!Object.hasOwn(COMMANDS, params?.command)) {
    return { error: { code: -32602, message: `There is no command ${params?.command}.` } };
  }
  try {
    return { result: COMMANDS[params.command](params.input) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { error: { code: -32000, message: error.message, data: { code: error.code } } };
  }
}

/** `bin/…`: findings as JSON on standard input, the text on standard output; 2 when the input is none. */
async function runAsCommand(command) {
  const chunks = await process.stdin.toArray();
  try {
    process.stdout.write(COMMANDS[command](parse(Buffer.concat(chunks).toString('utf8'))).text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

const command = process.argv[2];
await (command === undefined ? serve() : runAsCommand(command));
