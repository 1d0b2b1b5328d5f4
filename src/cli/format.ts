const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** The two biggest units: `45 s`, `25 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE_S) return `${whole} s`;
  if (whole < HOUR_S) return `${Math.floor(whole / MINUTE_S)} min`;
  if (whole < DAY_S) return pair(whole, HOUR_S, 'h', MINUTE_S, 'min');
  return pair(whole, DAY_S, 'd', HOUR_S, 'h');
}

function pair(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** `in 25 min` or `3 s ago`; `-` where there is no time. */
export function relativeTime(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined) return '-';
  return atMs > nowMs ? `in ${duration((atMs - nowMs) / 1000)}` : `${duration((nowMs - atMs) / 1000)} ago`;
}

/** To the second: `in 0:25:03`, `in 2 d 3:00:00`; else as `relativeTime`. */
export function countdown(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined || atMs <= nowMs) return relativeTime(atMs, nowMs);
  const whole = Math.ceil((atMs - nowMs) / 1000);
  const [minutes, seconds] = [Math.floor(whole / MINUTE_S) % 60, whole % MINUTE_S].map((part) =>
    String(part).padStart(2, '0'),
  );
  const days = Math.floor(whole / DAY_S);
  return `in ${days > 0 ? `${days} d ` : ''}${Math.floor((whole % DAY_S) / HOUR_S)}:${minutes}:${seconds}`;
}

/** In the zone of this machine, which it names: `2026-11-22 13:52:15 UTC`; `-` where there is no time. */
export function absoluteTime(atMs: number | undefined): string {
  if (atMs === undefined) return '-';
  return new Date(atMs).toLocaleString(WRITES_ISO_8601, { ...DATE_AND_TIME, timeZoneName: 'short' });
}

const WRITES_ISO_8601 = 'sv';
const DATE_AND_TIME = {
  ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
  ...({ hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
};

/** Rows as lines with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const width = (column: number): number => Math.max(...cells.map((row) => row[column]?.length ?? 0));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(width(column))).join('  ');
  return cells.map((row) => line(row).trimEnd()).join('\n');
}

/** On one line and without control characters: what comes from a transcript must not steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

/** `waiting 1, saved 4`, or `none`. */
export function counted(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
