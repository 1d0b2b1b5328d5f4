// The program of a made-up agent: `scribe resume ID` goes on with a session, `scribe start ID` begins one. The prompt
// comes by stdin. It writes what it does to $SCRIBE_HOME/<id>.jsonl, as coding agents do.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [, id] = process.argv.slice(2);
const write = (record) => {
  const line = JSON.stringify({ ...record, id: randomUUID(), at: new Date().toISOString() });
  appendFileSync(join(process.env.SCRIBE_HOME, `${id}.jsonl`), `${line}\n`);
};

write({ type: 'prompt', text: await text(process.stdin), cwd: process.cwd() });
write({ type: 'work', text: 'the next page' });
write({ type: 'end' });
console.log(JSON.stringify({ session: id, done: true }));
