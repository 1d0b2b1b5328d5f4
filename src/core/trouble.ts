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
 * Those that keep a due resume from being tried. A login may lie where it is not looked for, and a program may be slow
 * to tell its version: what is tried tells the rest. What stands in the session itself is judged with it.
 */
const HARD: ReadonlySet<TroubleKind> = new Set(['cwd_missing', 'program_missing', 'disk_full']);

export function isHard({ kind }: Trouble): boolean {
  return HARD.has(kind);
}
