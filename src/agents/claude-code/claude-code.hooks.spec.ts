import { describe, expect, it } from '@jest/globals';
import { claudeCodeHooks } from './claude-code.hooks.js';
import { claudeCodeSignals } from './claude-code.signals.js';

const AT = { atMs: Date.UTC(2026, 10, 24, 7, 0), zone: 'UTC' };
const { connection } = claudeCodeHooks(['/home/ann/.claude']);
const claude = connection(
  { path: '/home/ann/.claude', realPath: '/home/ann/.claude' },
  {
    url: '',
    command: (fields) => `report ${fields.join(' ')}`,
    isOurs: (command) => command.startsWith('report'),
  },
);
const [settings = ''] = claude.connect([undefined]);
const hooks: Record<string, { matcher?: string; hooks: { command: string }[] }[]> = Object(
  JSON.parse(settings),
).hooks;

/** What 2.1.197 hands to its hooks. */
const COMMON = {
  session_id: 's-1',
  transcript_path: '/t.jsonl',
  cwd: '/p',
  prompt_id: 'p-1',
  effort: { level: 'high' },
};
const REPORTS = [
  { hook_event_name: 'UserPromptSubmit', permission_mode: 'default', prompt: 'a secret' },
  {
    hook_event_name: 'StopFailure',
    error: 'rate_limit',
    last_assistant_message: "You've hit your session limit · resets 8:28am (UTC)",
  },
  {
    hook_event_name: 'Stop',
    stop_hook_active: false,
    last_assistant_message: 'a secret',
    background_tasks: [],
  },
  { hook_event_name: 'SessionEnd', reason: 'other' },
  { hook_event_name: 'SessionEnd', reason: 'prompt_input_exit' },
  {
    hook_event_name: 'Notification',
    message: 'Claude needs your permission',
    notification_type: 'permission_prompt',
  },
].map((report) => ({ ...COMMON, ...report }));

/** The report with the fields its hook is told to hand over. */
function trimmed(report: Record<string, unknown>): object {
  const [group] = hooks[String(report['hook_event_name'])] ?? [];
  const [, ...fields] = group?.hooks[0]?.command.split(' ') ?? [];
  return Object.fromEntries(
    ['session_id', 'hook_event_name', ...fields]
      .filter((name) => name in report)
      .map((name) => [name, report[name]]),
  );
}

describe('hooks of Claude Code', () => {
  it('are in the settings of the user, and only for the prompts that ask for a permission', () => {
    expect(claude.files).toEqual(['/home/ann/.claude/settings.json']);
    expect(hooks['Notification']).toMatchObject([{ matcher: 'permission_prompt' }]);
    expect(claude.disconnect([settings])).toEqual(['{\n}\n']);
    expect(claude.disconnect([undefined])).toEqual([undefined]);
  });

  it('report what their signals need, and no more', () => {
    for (const report of REPORTS)
      expect(claudeCodeSignals(trimmed(report), AT)).toEqual(claudeCodeSignals(report, AT));
    expect(JSON.stringify(REPORTS.map(trimmed))).not.toContain('secret');
  });

  it('tell how a session stands; how a headless one ends says nothing of its user', () => {
    const kinds = REPORTS.map((report) =>
      claudeCodeSignals(report, AT)
        .map(({ kind }) => kind)
        .join(),
    );
    expect(kinds).toEqual(['working', 'failed', 'idle', '', 'left', 'asks']);
  });
});
