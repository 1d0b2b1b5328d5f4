import type { EpochMs } from './stop.js';

/** When a UUID of version 7 was made (RFC 9562: its first 48 bits); undefined for any other text. */
export function uuidTimeMs(id: string): EpochMs | undefined {
  const digits = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/i.exec(id);
  return digits === null ? undefined : parseInt(`${digits[1]}${digits[2]}`, 16);
}
