// Prints how many messages of test/corpus `palingenesis classify` gets right, per agent and reason, and every miss.
//   npm run corpus [-- FILE …]        files of test/corpus; all of them by default
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import '../test/support/type-strip.mjs';

const { messages, spokenAt, wrongWith } = await import('../test/support/corpus.ts');

const AT = '2026-11-22T12:00:00Z';
const ZONE = 'UTC';
const CLASSIFY = fileURLToPath(new URL('../dist/classify.js', import.meta.url));
const CORPUS = fileURLToPath(new URL('../test/corpus', import.meta.url));
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** All messages in one run of the program, as JSON lines in and out. */
function answersTo(all) {
  const input = all
    .map((message) => {
      const { agent, kind, payload } = message;
      return JSON.stringify({ agent, kind, payload, at: spokenAt(message, AT) });
    })
    .join('\n');
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', TZ: ZONE };
  const output = execFileSync(process.execPath, [CLASSIFY], { input, env, maxBuffer: MAX_OUTPUT_BYTES });
  return output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function printTable(title, results, keyOf) {
  console.log(`\n${title}`);
  const groups = Object.groupBy(results, keyOf);
  for (const [key, group] of Object.entries(groups).sort()) {
    const right = group.filter(({ wrong }) => wrong === undefined).length;
    const share = ((100 * right) / group.length).toFixed(1);
    console.log(
      `  ${key.padEnd(20)} ${String(right).padStart(5)} / ${String(group.length).padEnd(5)} ${share} %`,
    );
  }
}

const files =
  process.argv.length > 2 ? process.argv.slice(2) : readdirSync(CORPUS).filter((n) => n.endsWith('.jsonl'));
for (const file of files) {
  const all = messages(file);
  const answers = answersTo(all);
  const results = all.map((message, index) => {
    const answer = answers[index];
    return { message, answer, wrong: wrongWith(message, answer, spokenAt(message, AT), ZONE) };
  });
  const misses = results.filter(({ wrong }) => wrong !== undefined);
  const noStops = new Set(['not_a_stop', 'warning_only']);
  const unsafe = results.filter(
    ({ message, answer }) => noStops.has(message.expected.reason) && answer.resumable,
  );
  console.log(`\n${file}: ${all.length - misses.length} of ${all.length} right`);
  console.log(`no stop, yet resumable: ${unsafe.length}`);
  printTable('by agent', results, ({ message }) => message.agent);
  printTable('by reason', results, ({ message }) => message.expected.reason);
  for (const { message, wrong } of misses)
    console.log(`  ${message.id}: ${wrong}: ${JSON.stringify(message.payload).slice(0, 200)}`);
}
