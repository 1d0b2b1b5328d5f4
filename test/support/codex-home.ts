import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'smol-toml';
import { AgentHome, basicEnvironment, filesBelow, makeFolders, readOnly, writeJson } from './agent-home.js';
import type { AgentHomeOptions } from './agent-home.js';
import type { JsonRecord } from './json-lines.js';

/** As the provider's usage endpoint names them: Codex believes its answer only for the account it asked for. */
const ACCOUNT_ID = 'account-made-up';
const USER_ID = 'user-made-up';
const FAR_FUTURE_SEC = 4_102_444_800;

/** A ChatGPT login has windows, and an endpoint that tells their usage. */
export type CodexAccount = 'api-key' | 'chatgpt';

export interface CodexHomeOptions extends AgentHomeOptions {
  account?: CodexAccount;
  /** More of its entry for the provider, such as how often it tries again. */
  provider?: Record<string, unknown>;
  /** More of `config.toml`. */
  config?: Record<string, unknown>;
}

/** A home in which Codex is set up and talks to the scripted provider only. */
export class CodexHome extends AgentHome {
  get configDir(): string {
    return join(this.path, '.codex');
  }

  /** The paths of all rollouts. */
  async rollouts(): Promise<string[]> {
    const files = await filesBelow(join(this.configDir, 'sessions'));
    return files.filter((file) => basename(file).startsWith('rollout-'));
  }

  async readRollout(threadId: string): Promise<JsonRecord[]> {
    return readOnly(await this.rollouts(), `-${threadId}.jsonl`);
  }
}

export async function createCodexHome(options: CodexHomeOptions): Promise<CodexHome> {
  const { path, cwd } = await makeFolders('codex', options);
  const home = new CodexHome(path, cwd, environment(path, options));
  await mkdir(home.configDir);
  await writeFile(join(home.configDir, 'config.toml'), stringify(settings(cwd, options)));
  if (options.account === 'chatgpt') await writeJson(join(home.configDir, 'auth.json'), login());
  return home;
}

function settings(cwd: string, options: CodexHomeOptions): Record<string, unknown> {
  const { providerUrl, account = 'api-key', provider, config } = options;
  const access = account === 'chatgpt' ? { requires_openai_auth: true } : { env_key: 'SCRIPTED_API_KEY' };
  return {
    model: 'gpt-5.1-codex',
    model_provider: 'scripted',
    model_providers: {
      scripted: {
        name: 'Scripted',
        base_url: `${providerUrl}/v1`,
        wire_api: 'responses',
        ...access,
        ...provider,
      },
    },
    chatgpt_base_url: `${providerUrl}/backend-api`,
    projects: { [cwd]: { trust_level: 'trusted' } },
    analytics: { enabled: false },
    check_for_update_on_startup: false,
    // Plug-ins would be looked for on GitHub, apps at ChatGPT; a daemon would outlive the terminal.
    features: { plugins: false, apps: false, daemon_auto_start: false },
    ...config,
  };
}

function login(): object {
  const token = unsignedToken({
    email: 'dev@example.com',
    exp: FAR_FUTURE_SEC,
    'https://api.openai.com/auth': {
      chatgpt_plan_type: 'pro',
      chatgpt_account_id: ACCOUNT_ID,
      chatgpt_user_id: USER_ID,
    },
  });
  return {
    OPENAI_API_KEY: null,
    tokens: { id_token: token, access_token: token, refresh_token: 'made-up', account_id: ACCOUNT_ID },
    last_refresh: new Date().toISOString(),
  };
}

function unsignedToken(claims: object): string {
  const [head, body] = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${head}.${body}.made-up`;
}

function environment(home: string, options: CodexHomeOptions): Record<string, string> {
  return {
    ...basicEnvironment(home, options),
    SCRIPTED_API_KEY: 'made-up',
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${options.providerUrl}/oauth/token`,
  };
}
