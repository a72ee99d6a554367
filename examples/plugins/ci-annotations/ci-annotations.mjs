#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Commands of the plugin: findings in, text for a CI system out. */
const COMMANDS = { annotate, 'code-quality': codeQuality };

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

/** The same input → `{text}`, the JSON of a GitLab code quality report. */
function codeQuality(input) {
  const severities = { error: 'major', warning: 'minor' };
  const report = findingsOf(input).map(({ rule, severity, message, place }) => ({
    description: String(message),
    check_name: String(rule),
    // GitLab matches findings between runs by it, so it must not depend on anything but the finding.
    fingerprint: createHash('sha256')
      .update(JSON.stringify([rule, place.file, place.line, message]))
      .digest('hex'),
    severity: severities[severity] ?? 'info',
    location: { path: String(place.file), lines: { begin: place.line ?? 1 } },
  }));
  return { text: `${JSON.stringify(report, null, 2)}\n` };
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
  if (process.argv[3] === '--version') {
    process.stdout.write(readFileSync(new URL('BUILD', import.meta.url)));
    return;
  }
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
