import type { EpochMs, StopReason } from './stop.js';

/** What a human is told about. The words are public API. */
export const NOTIFICATION_KINDS = ['parked', 'gave_up', 'preflight-troubled', 'wording-unknown'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** Something a human must hear of. Its texts are free of secrets and of what the session is about. */
export type Notification = Readonly<{
  /** The same for the same fact, so that a channel can tell a repeat. */
  id: string;
  kind: NotificationKind;
  atMs: EpochMs;
  /** One line. */
  title: string;
  /** What is so, and what to do. */
  text: string;
  agent: string;
  sessionId: string;
  reason: StopReason;
  episodeId?: string;
  cwd?: string;
}>;
