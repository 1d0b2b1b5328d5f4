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
  windows: listOf(objectOf({ kind: TEXT, resets_at: TIME, source: oneOf(RESET_SOURCES) })),
  running: INTEGER,
  waiting: INTEGER,
});

export const ACCOUNTS = objectOf({ accounts: listOf(ACCOUNT) });
