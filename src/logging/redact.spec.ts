import { REDACTED } from '../core/redact-text.js';
import { redact } from './redact.js';

const KEY = 'sk-ant-api03-made-up-0123456789';

describe('redact', () => {
  it.each([
    ['authorization'],
    ['Cookie'],
    ['set-cookie'],
    ['x-api-key'],
    ['apiKey'],
    ['apikey'],
    ['ANTHROPIC_API_KEY'],
    ['accessToken'],
    ['client_secret'],
    ['password'],
    ['resume_prompt'],
    ['webhook_url'],
    ['webhookUrl'],
    ['credentials'],
  ])('takes out what is keyed %s, at any depth', (key) => {
    const deep = { level: [{ deeper: { [key]: { inner: 'x' }, other: 1 } }] };
    expect(redact(deep)).toEqual({ level: [{ deeper: { [key]: REDACTED, other: 1 } }] });
  });

  it('leaves counts, and what is not there', () => {
    const usage = { input_tokens: 12, token: undefined, secret: null, session_id: 's', promptLength: 3 };
    expect(redact(usage)).toEqual(usage);
  });

  it('tells errors with their causes, and what they carry', () => {
    const cause = Object.assign(new Error(`no ${KEY}`), { code: 'EACCES', token: 'abc' });
    expect(redact({ error: new TypeError('outer', { cause }) })).toMatchObject({
      error: {
        type: 'TypeError',
        message: 'outer',
        stack: expect.stringContaining('TypeError: outer'),
        cause: { type: 'Error', message: `no ${REDACTED}`, code: 'EACCES', token: REDACTED },
      },
    });
  });

  it.each([
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new URL('http://ann:pw@host/'), `http://${REDACTED}@host/`],
    [Buffer.from('secret'), '[6 bytes]'],
    [12n, '12'],
    [null, null],
  ])('writes %p as %p', (value, written) => {
    expect(redact(value)).toEqual(written);
  });

  it('comes to an end with what has none', () => {
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle['self'] = cycle;
    expect(JSON.stringify(redact(cycle))).toContain('[too deep]');
    const wide = Array.from({ length: 100_000 }, (_, index) => ({ index, list: [index] }));
    expect(JSON.stringify(redact(wide)).length).toBeLessThan(50_000);
  });
});
