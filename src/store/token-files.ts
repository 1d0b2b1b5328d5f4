import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a token allows: `control` everything, `read` what changes nothing. */
export const SCOPES = ['read', 'control'] as const;
export type Scope = (typeof SCOPES)[number];
export type Tokens = Readonly<Record<Scope, string>>;

const TOKEN_BYTES = 32;
const MIN_CHARS = 20;

export function tokenFile(dir: string, scope: Scope): string {
  return join(dir, `${scope}.token`);
}

/** Undefined where there is no such file. Throws on one that holds no fit token. */
export function readToken(dir: string, scope: Scope): string | undefined {
  const file = tokenFile(dir, scope);
  const text = readIfThere(file)?.trim();
  if (text !== undefined && (text.length < MIN_CHARS || /\s/.test(text)))
    throw new Error(
      `${file}: a token has at least ${MIN_CHARS} characters and no blanks; remove it for a new one`,
    );
  return text;
}

/** Both tokens; what is missing is made, readable by its owner alone. */
export function ensureTokens(dir: string): { tokens: Tokens; created: readonly Scope[] } {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const created = SCOPES.filter((scope) => readToken(dir, scope) === undefined);
  for (const scope of created) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    writeFileSync(tokenFile(dir, scope), `${token}\n`, { mode: 0o600, flag: 'wx' });
  }
  const [read = '', control = ''] = SCOPES.map((scope) => readToken(dir, scope));
  return { tokens: { read, control }, created };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (Error.isError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
