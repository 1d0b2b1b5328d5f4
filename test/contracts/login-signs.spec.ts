import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import type { Agent } from '../../src/core/ports/agent.js';
import { testConfig } from '../support/test-config.js';

const config = testConfig('/home/ann');
const claude = new ClaudeCodeAdapter(config);
const codex = new CodexAdapter(config);
const gemini = new GeminiCliAdapter(config);

/** Whether a home with just this file shows a login. */
function shows(agent: Agent, home: string, path: string, text: string): boolean | undefined {
  return agent.loginSigns(home)?.files.some((file) => file.path === path && file.says.test(text));
}

describe('a login', () => {
  it.each([
    [claude, '.claude', '.claude/.credentials.json', '{"claudeAiOauth":{"accessToken":"x"}}', true],
    [claude, '.claude', '.claude/.credentials.json', '{}', false],
    [claude, '.claude', '.claude/settings.json', '{"apiKeyHelper":"/bin/key"}', true],
    [claude, '.claude', '.claude/settings.json', '{"env":{"ANTHROPIC_API_KEY":"x"}}', true],
    [claude, '.claude', '.claude/settings.json', '{"model":"opus"}', false],
    [claude, '.claude', '.claude.json', '{"primaryApiKey":"x"}', true],
    [codex, '.codex', '.codex/auth.json', '{"tokens":{"access_token":"x"}}', true],
    [codex, '.codex', '.codex/auth.json', '{"OPENAI_API_KEY": "x"}', true],
    [codex, '.codex', '.codex/auth.json', '{"OPENAI_API_KEY": null}', false],
    [codex, '.codex', '.codex/config.toml', 'model = "x"\nmodel_provider = "mine"\n', true],
    [codex, '.codex', '.codex/config.toml', '# model_provider = "mine"\n', false],
    [gemini, '.gemini', '.gemini/oauth_creds.json', '{"access_token":"x","refresh_token":"y"}', true],
    [gemini, '.gemini', '.gemini/.env', 'GEMINI_API_KEY=x\n', true],
    [gemini, '.gemini', '.env', 'export GEMINI_API_KEY=x\n', true],
    [gemini, '.gemini', '.gemini/.env', '# GEMINI_API_KEY=x\n', false],
  ] as const)('$0.id: $2 with $3: $4', (agent, home, path, text, isShown) => {
    // Where an agent keeps its login in a keychain, no file tells.
    if (agent.loginSigns('/x') === undefined) return;
    expect(shows(agent, `/home/ann/${home}`, `/home/ann/${path}`, text)).toBe(isShown);
  });

  it('need not show on disk for OpenCode, which has models that ask for none', () => {
    expect(new OpenCodeAdapter(config).loginSigns('/home/ann/.local/share/opencode')).toBeUndefined();
  });
});
