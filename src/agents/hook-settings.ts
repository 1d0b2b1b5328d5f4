import { parse, printParseErrorCode, type JSONPath, type ParseError } from 'jsonc-parser';
import { at, isRecord, listOf, recordOf, stringOf, type JsonRecord } from '../core/json-record.js';
import { isEmptyAt, withEntry, withoutEntry } from './json-edit.js';
import { notEditable } from './not-editable.js';

/** A command an agent runs at one of its events, for that many seconds at most. */
export type Hook = Readonly<{ event: string; matcher?: string; command: string; timeoutS: number }>;

/** Where a hook stands: in a group of those of its event. */
export type PlacedHook = Hook & Readonly<{ group: number; index: number }>;

/** A file with `hooks` in the shape of Claude Code, which others have taken over, and what in it is ours. */
export type HookFile = Readonly<{ path: string; isOurs: (command: string) => boolean }>;

/** The text with exactly these hooks of ours, each in a group of its own at the end; all else stays as it is written. */
export function withHooks(file: HookFile, text: string | undefined, wanted: readonly Hook[]): string {
  const given = text === undefined || text.trim() === '' ? '{}\n' : text;
  if (isSame(ours(file, given), wanted)) return given;
  return wanted.reduce(withHook, withoutHooks(file, given));
}

/** The text without our hooks, and without what holds nothing after that. */
export function withoutHooks(file: HookFile, text: string): string {
  // The last ones first, so that those before them keep their places.
  return ours(file, text).toReversed().reduce(withoutHook, text);
}

/** All hooks of the file, in its order. Throws where it is not what the agent would understand. */
export function hooksIn({ path }: HookFile, text: string): readonly PlacedHook[] {
  return Object.entries(eventsIn(path, text)).flatMap(([event, groups]) => {
    if (!Array.isArray(groups)) throw notEditable(path, `hooks.${event} has to be a list`);
    return groups.flatMap((each, group) => hooksOf(each).map((hook) => ({ ...hook, event, group })));
  });
}

function eventsIn(path: string, text: string): JsonRecord {
  const errors: ParseError[] = [];
  const settings: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw notEditable(path, problemOf(error, text));
  if (!isRecord(settings)) throw notEditable(path, 'line 1: this has to be an object');
  const events = settings['hooks'] === undefined ? {} : settings['hooks'];
  if (!isRecord(events)) throw notEditable(path, '"hooks" has to be an object');
  return events;
}

/** Such as "line 3: comma expected". */
function problemOf({ error, offset }: ParseError, text: string): string {
  const words = printParseErrorCode(error)
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  return `line ${text.slice(0, offset).split('\n').length}: ${words}`;
}

function hooksOf(group: unknown): readonly Omit<PlacedHook, 'event' | 'group'>[] {
  const matcher = stringOf(recordOf(group)?.['matcher']);
  return listOf(recordOf(group)?.['hooks']).flatMap((hook, index) => {
    const command = stringOf(recordOf(hook)?.['command']);
    const timeoutS = Number(recordOf(hook)?.['timeout']);
    const rest = matcher === undefined ? {} : { matcher };
    return command === undefined ? [] : [{ index, command, timeoutS, ...rest }];
  });
}

function ours(file: HookFile, text: string): readonly PlacedHook[] {
  return hooksIn(file, text).filter(({ command }) => file.isOurs(command));
}

function isSame(there: readonly Hook[], wanted: readonly Hook[]): boolean {
  const [left, right] = [there, wanted].map((hooks) =>
    hooks.map(({ event, matcher, command, timeoutS }) => `${event} ${matcher} ${timeoutS} ${command}`).sort(),
  );
  return JSON.stringify(left) === JSON.stringify(right);
}

function withHook(text: string, { event, matcher, command, timeoutS }: Hook): string {
  const hooks = [{ type: 'command', command, timeout: timeoutS }];
  const group = matcher === undefined ? { hooks } : { matcher, hooks };
  const settings: unknown = parse(text);
  if (at(settings, 'hooks', event) !== undefined) return withEntry(text, ['hooks', event], group);
  if (at(settings, 'hooks') !== undefined) return withEntry(text, ['hooks'], [group], event);
  return withEntry(text, [], { [event]: [group] }, 'hooks');
}

/** What holds nothing without it goes with it: its group, its event, and "hooks". */
function withoutHook(text: string, { event, group, index }: PlacedHook): string {
  const hooks: JSONPath = ['hooks', event, group, 'hooks'];
  const holders: readonly JSONPath[] = [hooks, ['hooks', event], ['hooks']];
  return holders.reduce(
    (edited, holder) =>
      isEmptyAt(edited, holder)
        ? withoutEntry(edited, holder === hooks ? hooks.slice(0, 3) : holder)
        : edited,
    withoutEntry(text, [...hooks, index]),
  );
}
