import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import { isStop, type Finding } from '../../src/core/finding.js';
import { isResumable } from '../../src/core/resume-plan.js';
import { classifyInput } from '../../src/monitor/loose-input.js';
import { messages, spokenAt, wrongWith, type Answer, type Message } from '../support/corpus.js';
import { testConfig } from '../support/test-config.js';

const AT = '2026-11-22T12:00:00Z';
const ZONE = 'UTC';
/** What no rule should be bent for: words of programs this one does not look after, and broken quotations. */
const ENOUGH = 0.95;

const config = testConfig('/home/dev');
const agents = [ClaudeCodeAdapter, CodexAdapter, OpenCodeAdapter, GeminiCliAdapter].map(
  (Adapter) => new Adapter(config),
);

function answerTo(message: Message): Answer {
  const { agent, kind, payload } = message;
  const line = JSON.stringify({ agent, kind, payload, at: spokenAt(message, AT) });
  const [finding] = classifyInput(line, { agents, agentId: undefined, nowMs: 0, zone: ZONE });
  if (finding === undefined || finding instanceof Error)
    throw new Error(`${message.id}: ${finding?.message}`);
  return toAnswer(finding);
}

function toAnswer({ reason, confidence, reset, evidence, ...rest }: Finding): Answer {
  const finding = { reason, confidence, evidence, ...rest };
  return {
    reason,
    confidence,
    evidence,
    resumable: isStop(finding) && isResumable(finding),
    reset: reset === undefined ? null : { ...reset, at: new Date(reset.atMs).toISOString() },
  };
}

const missesIn = (all: readonly Message[]) =>
  all.flatMap((message) => {
    const wrong = wrongWith(message, answerTo(message), spokenAt(message, AT), ZONE);
    return wrong === undefined ? [] : [`${message.id}: ${wrong}`];
  });

describe('real messages', () => {
  const own = messages('stop-messages.jsonl');
  const found = messages('public-messages.jsonl');

  it('of the corpus are all right', () => {
    expect(missesIn(own)).toEqual([]);
  });

  it('collected from public sources are right but for a few', () => {
    expect(missesIn(found).length / found.length).toBeLessThan(1 - ENOUGH);
  });

  it('that are no stop are never resumed', () => {
    const noStops = [...own, ...found].filter(({ expected: { reason } }) =>
      /^(?:not_a_stop|warning_only)$/.test(reason),
    );
    expect(noStops.length).toBeGreaterThan(300);
    expect(noStops.filter((message) => answerTo(message).resumable).map(({ id }) => id)).toEqual([]);
  });

  it('are told with what they rest on', () => {
    for (const message of own) {
      const { evidence, confidence } = answerTo(message);
      expect(evidence.rule).not.toBe('');
      expect(evidence.text.length).toBeLessThanOrEqual(300);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });
});
