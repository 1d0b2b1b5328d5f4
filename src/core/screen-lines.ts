/**
 * One line of a screen, without colours and frames. `glyph`: the sign it begins with, which tells who speaks;
 * `isFramed`: it stands in a box.
 */
export type ScreenLine = Readonly<{ glyph: string; text: string; isFramed: boolean }>;

const MAX_LINES = 400;
const MAX_LINE_CHARS = 2000;

// A terminal's colours, links and cursor moves (ECMA-48 CSI, OSC).
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;
const FRAME = /[│┃║╭╮╰╯┌┐└┘├┤═─━╔╗╚╝]/g;
/** Signs by which agents set off a line: tool output, model, error, warning, prompt. */
const GLYPH = /^(?:[⎿└├⚠■✕✗✖×●⏺•◆◇✻✽✶✢·∗❯›>$%#↻⚡🖐ⓘ⏵⎯*]\uFE0F?\s*)+/u;

/** The newest lines of a screen, the frames of its boxes taken off. */
export function screenLines(text: string): readonly ScreenLine[] {
  const lines = text.replace(ESCAPES, '').replaceAll('\u00a0', ' ').replaceAll('’', "'").split(/\r?\n/);
  return lines.slice(-MAX_LINES).map((line) => toLine(line.slice(0, MAX_LINE_CHARS)));
}

function toLine(line: string): ScreenLine {
  const unframed = line.replace(FRAME, (sign) => (sign === '└' || sign === '├' ? sign : ' ')).trim();
  const glyph = GLYPH.exec(unframed)?.[0] ?? '';
  return {
    glyph: glyph.trim(),
    text: unframed.slice(glyph.length).trim(),
    isFramed: /^\s*[│┃║].*[│┃║]\s*$/.test(line),
  };
}
