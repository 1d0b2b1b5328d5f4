/** What stands for a secret or a prompt. */
export const REDACTED = '[redacted]';

const MAX_TEXT_CHARS = 8192;

/** Names whose values are secrets. */
export const SECRET_NAMES =
  'authorization|cookies?|tokens?|api[_-]?keys?|secrets?|passwords?|passphrase|credentials?|prompts?|webhook[_-]?urls?';

/** Bounded, and without overlapping repeats: the time they take grows with the length of the text alone. */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  // A terminal would obey them.
  // eslint-disable-next-line no-control-regex
  [/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd'],
  [/\b(bearer)\s{1,3}[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/(?<![a-z\d])(?:sk-|gh[pousr]_|xox[abp]-|AIza|ya29\.|eyJ)[\w-]{8,}(?:\.[\w-]+){0,2}/gi, REDACTED],
  [/(:\/\/)[^\s/@"']+@/g, `$1${REDACTED}@`],
  // `key=value`, `key: value`, `"key":"value"`; a problem with a setting says `key: given value`.
  [
    new RegExp(
      `((?:${SECRET_NAMES})(?:\\\\?["'])?\\s{0,3}[=:]\\s{0,3}(?:given\\s)?(?:basic\\s)?)` +
        `(?:\\\\?"[^"]*(?:"|$)|'[^']*(?:'|$)|\\[[^\\]]*(?:\\]|$)|[^\\s"'&,;}]+)`,
      'gi',
    ),
    `$1${REDACTED}`,
  ],
];

/** A text without secrets and control characters, cut where it is too long. */
export function redactText(text: string): string {
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
  return IN_TEXT.reduce((safe, [pattern, instead]) => safe.replace(pattern, instead), cut);
}
