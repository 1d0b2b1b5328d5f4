import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../test/support/an-episode.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { seeded } from '../../test/support/seeded.js';
import type { Finding } from '../core/finding.js';
import type { LooseRecord } from '../core/ports/agent.js';
import { evidence } from '../core/stop.js';
import { BadInput, classifyInput, type LooseOptions } from './loose-input.js';

/** Keeps what it was asked. */
class AskedAgent extends PlainAgent {
  readonly asked: LooseRecord[] = [];
  override classify(record?: LooseRecord): Finding {
    if (record !== undefined) this.asked.push(record);
    return { reason: 'completed', confidence: 1, evidence: evidence('asked', 'asked', '') };
  }
}

const LIMIT = "You've hit your session limit · resets 3pm";

function ask(text: string, change: Partial<LooseOptions> = {}) {
  const agent = new AskedAgent();
  const options = { agents: [agent], agentId: 'plain', nowMs: NOON, zone: 'Europe/Zurich', ...change };
  const answers = classifyInput(text, options);
  const said = answers.map((answer) => (answer instanceof BadInput ? answer.message : answer.reason));
  return { answers, said, asked: agent.asked };
}
const envelope = (fields: object) => JSON.stringify({ kind: 'text', payload: LIMIT, ...fields });

describe('classifyInput', () => {
  it('takes lines of envelopes one by one, in order, with their own time', () => {
    const at = '2026-11-22T13:00:00Z';
    const text = [
      envelope({ agent: 'plain', at }),
      '',
      envelope({ kind: 'json', payload: { timestamp: '2026-11-22T14:00:00Z', n: 1 } }),
      envelope({ kind: 'json', payload: [1] }),
      envelope({ kind: 'json', payload: { timestamp: '2026-11-22T14:00:00Z' }, at }),
      envelope({ at: null }),
    ].join('\r\n');
    expect(ask(text).asked).toEqual([
      { kind: 'text', payload: LIMIT, atMs: Date.parse(at) },
      { kind: 'json', payload: { timestamp: '2026-11-22T14:00:00Z', n: 1 }, atMs: NOON + 7_200_000 },
      { kind: 'json', payload: [1], atMs: NOON },
      { kind: 'json', payload: { timestamp: '2026-11-22T14:00:00Z' }, atMs: Date.parse(at) },
      { kind: 'text', payload: LIMIT, atMs: NOON },
    ]);
  });

  it("takes the agent's own records as they are, with the time they give themselves", () => {
    const records = [
      { type: 'a', timestamp: 1_795_348_800 },
      { timestamp: NOON + 5 },
      { timestamp: 'soon' },
      { n: 1 },
    ];
    const { asked } = ask(records.map((record) => JSON.stringify(record)).join('\n'));
    expect(asked.map(({ atMs }) => atMs)).toEqual([1_795_348_800_000, NOON + 5, NOON, NOON]);
    expect(asked.map(({ payload }) => payload)).toEqual(records);
  });

  it.each([
    ['words', LIMIT],
    ['a screen with a JSON line', `⏺ I look\n{"a":1}\n${LIMIT}`],
    ['JSON printed over several lines', '{\n  "error": "x"\n}'],
    ['a list', '[{"a":1}]'],
  ])('takes %s for one screen', (_name, text) => {
    expect(ask(text).asked).toEqual([{ kind: 'text', payload: text, atMs: NOON }]);
  });

  it.each(['', '\n \n'])('finds nothing in %j', (text) => {
    expect(ask(text).answers).toEqual([]);
  });

  it('says of a bad line what is wrong with it, and takes the others', () => {
    const text = [
      '{"kind":"text"',
      envelope({ at: 'noon' }),
      envelope({ at: 5 }),
      envelope({ payload: 5 }),
      envelope({}),
    ].join('\n');
    expect(ask(text).said).toEqual([
      'line 1 is no JSON object',
      'line 2: "at" is no ISO time: "noon"',
      'line 3: "at" is no ISO time: 5',
      'line 4: the payload of a text is no text',
      'completed',
    ]);
  });

  it('asks whose record it is where nobody says', () => {
    const unsaid = 'whose record is this? Say --agent ID, or "agent" in the record';
    for (const text of [LIMIT, envelope({}), '{"type":"x"}'])
      expect(ask(text, { agentId: undefined }).said).toEqual([unsaid]);
    expect(ask(envelope({ agent: 'plain' }), { agentId: undefined }).said).toEqual(['completed']);
    expect(ask(envelope({ agent: 'plain' }), { agentId: 'other' }).said).toEqual(['completed']);
  });

  it('knows of an agent without an adapter what holds for all, in the zone it is read in', () => {
    const { answers, asked } = ask(
      [
        envelope({ agent: 'other' }),
        JSON.stringify({ agent: 'other', kind: 'json', payload: { error: 'overloaded' } }),
      ].join('\n'),
    );
    expect(answers).toMatchObject([
      { reason: 'usage_limit', reset: { atMs: Date.parse('2026-11-22T14:00:00Z') } },
      { reason: 'overloaded' },
    ]);
    expect(asked).toEqual([]);
  });

  it('has an answer for each line, whatever stands in it', () => {
    const random = seeded(3);
    const odd = [
      1e300,
      -1e300,
      null,
      '',
      '+275760-09-13',
      {},
      [],
      true,
      0,
      'x'.repeat(1000),
      '2026-13-45T99:99Z',
    ];
    const any = () => odd[Math.floor(random() * odd.length)];
    const lines = Array.from({ length: 500 }, () => {
      const error = {
        error: `${LIMIT}, resets in ${JSON.stringify(any())}s`,
        resets_at: any(),
        retry_after: any(),
      };
      return JSON.stringify({
        agent: random() < 0.5 ? 'other' : any(),
        kind: random() < 0.5 ? 'json' : 'text',
        payload: random() < 0.5 ? { timestamp: any(), ...error } : LIMIT,
        ...(random() < 0.5 ? { at: any() } : {}),
      });
    });
    const { answers } = ask(lines.join('\n'));
    expect(answers).toHaveLength(lines.length);
    for (const answer of answers)
      if (!(answer instanceof BadInput) && answer.reset !== undefined)
        expect(new Date(answer.reset.atMs).getTime()).not.toBeNaN();
  });
});
