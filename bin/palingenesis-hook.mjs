// What a hook of an agent runs: hands some fields of what it is told on stdin to the service. It must neither hold up
// nor fail the agent: it prints nothing, ends with 0 whatever happens, and within a second.
// Usage: node palingenesis-hook.mjs URL [FIELD …]

// An `import` of it loads all of its exports, much of fetch among them, which takes as long as starting Node.
const { request } = process.getBuiltinModule('node:http');

/** From the start of the process on. */
const DEADLINE_MS = 800;
const MAX_INPUT_BYTES = 16 * 1024 * 1024;
const MAX_FIELD_CHARS = 2000;
const ALWAYS = ['hook_event_name', 'session_id', 'agent_id'];

const [url, ...fields] = process.argv.slice(2);
const end = () => process.exit(0);
process.on('uncaughtException', end);
setTimeout(end, DEADLINE_MS - performance.now());

async function input() {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES) end();
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** Prompts, inputs of tools and all else that was not asked for stay here. */
function trimmed(report) {
  const kept = [...ALWAYS, ...fields].flatMap((name) => {
    const value = report[name];
    if (typeof value === 'string') return [[name, value.slice(0, MAX_FIELD_CHARS)]];
    return typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [];
  });
  return JSON.stringify(Object.fromEntries(kept));
}

/** Without an agent of its own Node might ask a proxy, which leads off this machine. */
function post(body) {
  const token = process.env.PALINGENESIS_TOKEN;
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const options = { method: 'POST', agent: false, headers };
  request(url, options, end).on('error', end).end(body);
}

post(trimmed(await input()));
