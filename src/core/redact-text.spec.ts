import { describe, expect, it } from '@jest/globals';
import { REDACTED, redactText } from './redact-text.js';

const KEY = 'sk-ant-api03-made-up-0123456789';

describe('redactText', () => {
  it.each([
    ['a key of Anthropic', `401 for ${KEY} today`, `401 for ${REDACTED} today`],
    ['one after a line break', `keys:\n${KEY}`, `keys:\n${REDACTED}`],
    ['a bearer token', 'sent Bearer abc.def-123~', `sent Bearer ${REDACTED}`],
    ['a header', 'Authorization: Basic dXNlcjpwdw==', `Authorization: Basic ${REDACTED}`],
    [
      'a key of Google',
      'POST /v1:generate?key=AIzaSyMadeUp0123456789 400',
      `POST /v1:generate?key=${REDACTED} 400`,
    ],
    ['a signed token', 'got eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmVk.', `got ${REDACTED}.`],
    ['a token of GitHub', 'ghp_0123456789abcdef', REDACTED],
    ['a URL with a user', 'to https://ann:pw@host:4318/v1', `to https://${REDACTED}@host:4318/v1`],
    ['a query', 'GET /x?api_key=abc&page=2', `GET /x?api_key=${REDACTED}&page=2`],
    ['a setting', 'PASSWORD = hunter2; next', `PASSWORD = ${REDACTED}; next`],
    ['a quoted value', `token: 'two words', next`, `token: ${REDACTED}, next`],
    ['JSON in a string', '{"access_token":"abc","n":1}', `{"access_token":${REDACTED},"n":1}`],
    ['JSON in JSON', String.raw`{\"secret\":\"abc\"}`, String.raw`{\"secret\":${REDACTED}}`],
    [
      'a problem with a setting',
      'resume.prompt: given "do it" (file)',
      `resume.prompt: given ${REDACTED} (file)`,
    ],
    ['a list', 'resume.prompt: given ["a", "b"] (file)', `resume.prompt: given ${REDACTED} (file)`],
    ['a cut value', 'resume.prompt: given "do it and t…', `resume.prompt: given ${REDACTED}`],
    ['control characters', 'red \u001b[31m, bell \u0007', 'red \ufffd[31m, bell \ufffd'],
  ])('takes out %s', (_name, text, safe) => {
    expect(redactText(text)).toBe(safe);
  });

  it.each([
    'session 4d103119-904c-46b2-8356-f915ec2456e1: new → waiting: usage limit',
    'API at http://127.0.0.1:7654/api/v1/status',
    'prompt is too long: 212000 tokens > 200000 maximum',
    'task-management of a risk-averse desk-bound person',
    'first line\n\tat second (file.ts:1:2)',
    'resets 3:45pm (America/New_York), ask-me-anything, keyJoin',
  ])('leaves "%s" alone', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('cuts what is too long', () => {
    expect(redactText('x'.repeat(1_000_000))).toHaveLength(8193);
  });

  it.each(['token="', "secret='", '://', 'bearer ', 'sk-', 'token=token:', '\\"', 'cookie:\\"', 'secret=['])(
    'takes no longer for many of %j',
    (part) => {
      const startedMs = performance.now();
      redactText(part.repeat(8192 / part.length));
      expect(performance.now() - startedMs).toBeLessThan(100);
    },
  );
});
