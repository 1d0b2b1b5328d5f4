#!/usr/bin/env node
// Writes docs/events.md from the catalogue of events. With --check it only says whether that page is stale.
import '../test/support/type-strip.mjs';
import { writePage } from './write-page.mjs';

const { EVENT_CATALOG } = await import('../src/http/events/event-catalog.ts');

const INTRO = `# Events

Generated from \`src/http/events/event-catalog.ts\` by \`npm run docs:events\`; do not edit.

\`GET /api/v1/events\` is a stream of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html):
everything that happens, as it happens.

\`\`\`sh
curl -N http://127.0.0.1:7654/api/v1/events?type=episode-changed,session-stopped
palingenesis events --type episode-changed
\`\`\`

Each event has an \`id\`, its type as \`event\`, and JSON as \`data\`, which repeats both and says \`at\` when it happened.
No prompt, no secret and no transcript is told, beyond the error record that a stop rests on.

| Parameter | |
| --- | --- |
| \`type\` | only these types; separated by commas, or given more than once |
| \`session\` | only what is about this session |
| \`since\` | id of the last event that is known: those after it come first; 0 for all that are kept |

A client that comes back sends the header \`Last-Event-ID\`, as every \`EventSource\` does by itself; it wins over \`since\`.
What happened meanwhile comes first, from the store; nothing is missing and nothing comes twice. Events are kept
for \`events.keep_h\` hours, \`events.keep_max\` of them. An event is stored before it is told.

The stream itself says, in events without an \`id\` (only \`ready\` has one):

| Event | Data | |
| --- | --- | --- |
| \`ready\` | \`id\` | where the client stands: the first event it gets, also after a restart of the service |
| \`gap\` | \`after\`, \`before\` | events between these ids are not kept any more; \`after\` is null for an id of another store |
| \`close\` | \`reason\` | the last event: \`slow\`, the client took nothing for two heartbeats while \`events.client_buffer_bytes\` waited for it; \`shutdown\`, the service ends |

Comments (lines that begin with a colon) are signs of life, every \`events.heartbeat_s\` seconds. After \`events.max_clients\` clients the
answer is 503, \`too-many-clients\`.

`;

const section = ([type, { summary, fields }]) =>
  [
    `## ${type}`,
    summary,
    ['| Field | |', '| --- | --- |', ...Object.entries(fields).map(row)].join('\n'),
  ].join('\n\n');
const row = ([name, words]) => `| \`${name}\` | ${words.replaceAll('|', '\\|')} |`;

await writePage('events.md', 'docs:events', INTRO + Object.entries(EVENT_CATALOG).map(section).join('\n\n'));
