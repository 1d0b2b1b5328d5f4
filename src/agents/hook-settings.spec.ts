import { describe, expect, it } from '@jest/globals';
import { hooksIn, withHooks, withoutHooks, type Hook, type HookFile } from './hook-settings.js';

const FILE: HookFile = { path: '/home/ann/settings.json', isOurs: (command) => command.startsWith('ours') };
const STOP: Hook = { event: 'Stop', command: 'ours stop', timeoutS: 2 };
const ASK: Hook = { event: 'Notification', matcher: 'permission_prompt', command: 'ours ask', timeoutS: 2 };
const connected = (text: string | undefined): string => withHooks(FILE, text, [STOP, ASK]);
const isOurs = ({ command }: Hook): boolean => FILE.isOurs(command);

const COMMENTED = `// all mine
{
  "model": "opus", // the big one
  /* hooks */
  "hooks": {
    // when done
    "Stop": [
      { "hooks": [{ "type": "command", "command": "mine" }] } // rings
    ]
  } // end
}
`;
/** Files as people write them. */
const FILES = {
  'an empty object': '{\n}\n',
  'other settings': '{\n  "model": "opus",\n  "env": {}\n}\n',
  'no line end': '{\n    "model": "opus"\n}',
  tabs: '{\n\t"model": "opus"\n}\n',
  'Windows lines': '{\r\n  "model": "opus"\r\n}\r\n',
  'one line': '{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]}]}}',
  comments: COMMENTED,
  'trailing commas':
    '{\n  "hooks": {\n    "Stop": [\n      { "hooks": [{ "command": "mine", }], }, // rings\n    ],\n  },\n}\n',
  'a list on one line': '{\n  "hooks": {\n    "Stop": [{ "hooks": [{ "command": "mine" }] }]\n  }\n}\n',
  'a matcher':
    '{\n  "hooks": {\n    "Stop": [\n      {\n        "matcher": "x",\n        "hooks": []\n      }\n    ]\n  }\n}\n',
} as const;

describe('hooks in a settings file', () => {
  it.each(Object.entries(FILES))('%s: are put in behind what is there, and taken out again', (_, text) => {
    const edited = connected(text);
    const hooks = hooksIn(FILE, edited);
    expect(hooks.filter(isOurs)).toMatchObject([STOP, ASK]);
    expect(hooks.filter((hook) => !isOurs(hook))).toEqual(hooksIn(FILE, text));
    expect(connected(edited)).toBe(edited);
    expect(withoutHooks(FILE, edited)).toBe(text);
  });

  it('leave comments with what they are about', () => {
    const edited = withHooks(FILE, COMMENTED, [STOP]);
    expect(edited).toBe(
      COMMENTED.replace(
        '} // rings\n',
        `}, // rings
      {
        "hooks": [
          {
            "type": "command",
            "command": "ours stop",
            "timeout": 2
          }
        ]
      }
`,
      ),
    );
  });

  it('begin a file that is not there, or empty', () => {
    expect(connected(undefined)).toBe(connected(' \n'));
    expect(connected(undefined)).toMatch(/^\{\n {2}"hooks": \{\n {4}"Stop": \[\n {6}\{\n/);
    expect(connected(undefined)).toMatch(/\}\n$/);
  });

  it('replace older ones of ours, in whatever group they stand', () => {
    const older =
      '{"hooks":{"Stop":[{"hooks":[{"command":"mine"},{"command":"ours old"}]}],"Old":[{"hooks":[{"command":"ours old"}]}]}}';
    expect(JSON.parse(connected(older))).toEqual({
      hooks: {
        Stop: [
          { hooks: [{ command: 'mine' }] },
          { hooks: [{ type: 'command', command: 'ours stop', timeout: 2 }] },
        ],
        Notification: [
          { matcher: 'permission_prompt', hooks: [{ type: 'command', command: 'ours ask', timeout: 2 }] },
        ],
      },
    });
  });

  it('are taken out from between those of others', () => {
    const between = COMMENTED.replace(
      '"Stop": [\n',
      '"Stop": [\n      { "hooks": [{ "command": "ours" }] },\n      // next\n',
    );
    expect(withoutHooks(FILE, between)).toBe(COMMENTED.replace('"Stop": [\n', '"Stop": [\n      // next\n'));
  });

  it.each([
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3: comma expected'],
    ['{\n  "hooks": {', 'line 2: close brace expected'],
    ['[]', 'line 1: this has to be an object'],
    ['{"hooks": null}', '"hooks" has to be an object'],
    ['{"hooks": {"Stop": {}}}', 'hooks.Stop has to be a list'],
  ])('leave %j alone and say why', (text, problem) => {
    for (const edit of [() => connected(text), () => withoutHooks(FILE, text)])
      expect(edit).toThrow(`/home/ann/settings.json: ${problem}; put that right and try again`);
  });
});
