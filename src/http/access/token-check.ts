import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scope, Tokens } from '../../store/token-files.js';

const SCHEME = /^bearer +(\S+)$/i;

/** Tells what a token allows, in a time that says nothing about how much of it is right. */
export class TokenCheck {
  readonly #digests: Readonly<Record<Scope, Buffer>>;

  constructor({ read, control }: Tokens) {
    this.#digests = { read: digest(read), control: digest(control) };
  }

  /** `undefined` for no or a wrong token. */
  scopeOf(authorization: string | undefined): Scope | undefined {
    const given = digest(SCHEME.exec(authorization ?? '')?.[1] ?? '');
    const isRead = timingSafeEqual(given, this.#digests.read);
    const isControl = timingSafeEqual(given, this.#digests.control);
    if (isControl) return 'control';
    return isRead ? 'read' : undefined;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
