/** What can be in the way of a resume, as far as it shows before it is tried. */
export const TROUBLES = [
  'session_missing',
  'session_moved_on',
  'live_writer',
  'cwd_missing',
  'program_missing',
  'program_fails',
  'not_logged_in',
  'disk_full',
] as const;
export type TroubleKind = (typeof TROUBLES)[number];

/** One of them in words, with what to do about it. */
export type Trouble = Readonly<{ kind: TroubleKind; why: string }>;

/**
 * Those that keep a due resume from being tried. A login may lie where it is not looked for, a live process may end
 * in time and a session that moved on is cancelled by that: these are told, and what is tried tells the rest.
 */
const HARD: ReadonlySet<TroubleKind> = new Set([
  'cwd_missing',
  'program_missing',
  'program_fails',
  'disk_full',
]);

/** What keeps a due resume from being tried, in words; undefined where nothing does. */
export function hardTrouble(troubles: readonly Trouble[]): string | undefined {
  const hard = troubles.filter(({ kind }) => HARD.has(kind));
  return hard.length === 0 ? undefined : hard.map(({ why }) => why).join('; ');
}
