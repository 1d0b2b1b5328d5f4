import { numberOf, parseRecord, stringOf } from '../../core/json-record.js';
import type { ProcessClaim } from '../../core/session.js';

/**
 * What a file of the registry says (`<home>/sessions/<pid>.json`, 2.1.197): the process, the session it has open, and
 * whether it is at work, at rest, or waits for a person. The dialog at a limit is no question about the work.
 */
export function claimOf(text: string): ProcessClaim | undefined {
  const record = parseRecord(text);
  const sessionId = stringOf(record?.['sessionId']);
  const pid = numberOf(record?.['pid']);
  const procStart = stringOf(record?.['procStart']);
  if (sessionId === undefined || pid === undefined) return undefined;
  const status = record?.['status'];
  const waitingFor = status === 'waiting' ? stringOf(record?.['waitingFor']) : undefined;
  return {
    sessionId,
    pid,
    ...(procStart === undefined ? {} : { procStart }),
    ...(status === 'idle' ? { idle: true as const } : {}),
    ...(status === 'busy' ? { busy: true as const } : {}),
    ...(waitingFor === undefined || waitingFor === 'dialog open' ? {} : { asks: waitingFor }),
  };
}
