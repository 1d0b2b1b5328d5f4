/** @import { Episode } from './answers.d.ts' */

/** @typedef {{ day: Date, saves: number, savedS: number | undefined }} Day */

/**
 * Saves and time saved of the last days, the oldest first, by the days of the reader's time zone. `savedS` is
 * undefined where the service does not tell what a save was worth.
 * @param {Pick<Episode, 'updated_at' | 'time_saved_s'>[]} saved
 * @param {number} nowMs
 * @param {number} days
 * @returns {Day[]}
 */
export function byDay(saved, nowMs, days) {
  const tells = saved.some(({ time_saved_s }) => typeof time_saved_s === 'number');
  const list = Array.from({ length: days }, (_, index) => {
    const now = new Date(nowMs);
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - index));
    return { day, saves: 0, savedS: tells ? 0 : undefined };
  });
  const byDate = new Map(list.map((entry) => [entry.day.toDateString(), entry]));
  for (const { updated_at, time_saved_s } of saved) {
    const entry = byDate.get(new Date(updated_at).toDateString());
    if (entry === undefined) continue;
    entry.saves += 1;
    if (entry.savedS !== undefined) entry.savedS += time_saved_s ?? 0;
  }
  return list;
}
