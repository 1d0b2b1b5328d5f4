/** The system's code of a failed call (`ENOENT`, `EACCES` …), or `UNKNOWN`. */
export function errnoOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return 'UNKNOWN';
  return String(thrown.code);
}
