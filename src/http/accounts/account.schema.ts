import { GATE_KINDS } from '../../core/account.js';
import { RESET_SOURCES } from '../episodes/episode.schema.js';
import { INTEGER, listOf, maybe, objectOf, oneOf, TEXT, TIME, TOGGLE } from '../openapi/schema.js';

export const ACCOUNT = objectOf({
  id: TEXT,
  agent: TEXT,
  home: TEXT,
  available: TOGGLE,
  available_at: maybe(TIME),
  why: TEXT,
  gate: oneOf(GATE_KINDS),
  windows: listOf(
    objectOf({ kind: maybe(TEXT), resets_at: maybe(TIME), source: maybe(oneOf(RESET_SOURCES)) }),
  ),
  running: INTEGER,
  waiting: INTEGER,
});

export const ACCOUNTS = objectOf({ accounts: listOf(ACCOUNT) });
