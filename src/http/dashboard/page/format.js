const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @param {number} value */
const two = (value) => String(value).padStart(2, '0');

/**
 * Time to go as a clock shows it: `04:09`, `2:14:09`, `4d 03:12`. Rounded up: it ends when the time has come.
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `${two(minutes)}:${two(seconds % 60)}`;
}

/**
 * A length of time in at most two units: `45 s`, `3 min`, `2 h 14 min`, `4 d 3 h`.
 * @param {number} ms
 */
export function duration(ms) {
  const value = Math.max(0, ms);
  if (value < SECOND_MS) return value < 1 ? '0 s' : `${Math.round(value)} ms`;
  if (value < 2 * MINUTE_MS) return `${Math.round(value / SECOND_MS)} s`;
  if (value < HOUR_MS) return `${Math.floor(value / MINUTE_MS)} min`;
  if (value < DAY_MS) return units(value, HOUR_MS, 'h', MINUTE_MS, 'min');
  return units(value, DAY_MS, 'd', HOUR_MS, 'h');
}

/**
 * @param {number} ms
 * @param {number} largeMs
 * @param {string} large
 * @param {number} smallMs
 * @param {string} small
 */
function units(ms, largeMs, large, smallMs, small) {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/**
 * How long ago something was, in one unit.
 * @param {number} ms
 */
export function ago(ms) {
  if (ms < 5 * SECOND_MS) return 'now';
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s ago`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  return `${Math.floor(ms / DAY_MS)} d ago`;
}

/**
 * The time of day, with the date where it is another day than now, both in the reader's own time zone.
 * @param {string} iso
 * @param {number} nowMs
 */
export function clock(iso, nowMs) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  const time = timeOfDay(iso);
  if (isToday) return time;
  return `${at.toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' })}, ${time}`;
}

/** @param {string} iso */
export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/**
 * To the second, for the lines of a trail.
 * @param {string} iso
 */
export function clockSeconds(iso) {
  return new Date(iso).toLocaleTimeString([], { hourCycle: 'h23' });
}

/**
 * The last part of a path; what people call the project.
 * @param {string | null | undefined} path
 */
export function folderName(path) {
  return path?.split('/').filter(Boolean).at(-1);
}

/**
 * A word of the API as people read it.
 * @param {string} word
 */
export function words(word) {
  return word.replaceAll(/[_-]/g, ' ');
}

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * A sentence of the service with its instants as the reader's clock shows them.
 * @param {string} text
 * @param {number} nowMs
 */
export function localized(text, nowMs) {
  return text.replaceAll(INSTANT, (iso) => clock(iso, nowMs));
}

/** @param {string} id */
export function shortId(id) {
  return id.length > 12 ? id.slice(0, 8) : id;
}
