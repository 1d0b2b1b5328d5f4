import { describe, expect, it } from '@jest/globals';
import { composeHandover, HandoverNotes, type Handover } from './handover.js';

const options = { agent: 'codex', sessionId: 's-1', maxChars: 4000, resumePrompt: 'continue' };
const empty: Handover = { prompts: [], work: [], files: [], todos: [], helpers: [] };

describe('HandoverNotes', () => {
  it('keeps the first prompt and the newest, and of everything else the newest', () => {
    const notes = new HandoverNotes();
    for (let index = 0; index < 1000; index += 1) {
      notes.addPrompt(`prompt ${index}`);
      notes.addWork(`work ${index}`);
      notes.addFile(`/f${index}`);
      notes.startHelper(String(index), 'x');
    }
    const { prompts, work, files, helpers } = notes.handover();
    expect(prompts).toEqual(['prompt 0', 'prompt 997', 'prompt 998', 'prompt 999']);
    expect(work).toHaveLength(6);
    expect(work.at(-1)).toBe('work 999');
    expect(files).toHaveLength(100);
    expect(files.at(-1)).toBe('/f999');
    expect(helpers).toHaveLength(20);
  });

  it('cuts what is long', () => {
    const notes = new HandoverNotes();
    notes.addPrompt('x'.repeat(1_000_000));
    expect(notes.handover().prompts[0]?.length).toBeLessThan(8100);
  });
});

describe('composeHandover', () => {
  it('says what was asked, done and left, in this order', () => {
    const text = composeHandover(
      {
        prompts: ['build it', 'in blue'],
        work: ['half is done'],
        files: ['/a.ts'],
        todos: [
          { text: 'paint', done: false },
          { text: 'saw', done: true },
        ],
        helpers: ['measure'],
      },
      options,
    );
    const inOrder = /build it.*in blue.*half is done.*- paint.*- saw.*- \/a\.ts.*- measure.*finish the task/s;
    expect(text).toMatch(inOrder);
  });

  it('is nothing where the work is not known: what resumes said is no task', () => {
    expect(composeHandover(empty, options)).toBeUndefined();
    expect(composeHandover({ ...empty, prompts: ['continue'] }, options)).toBeUndefined();
  });

  it('holds no secrets', () => {
    const key = 'sk-ant-api03-abcdefghijklmnop';
    const text = composeHandover({ ...empty, prompts: [`use ${key}`], work: [`token: ${key}`] }, options);
    expect(text).not.toContain(key);
  });

  it.each([1000, 4000, 16_000])(
    'is never longer than %d, and keeps the task and its last words',
    (maxChars) => {
      const long = (name: string) => `${name} `.repeat(5000);
      const many = Array.from({ length: 100 }, (_, index) => `/file-${index}`);
      const text = composeHandover(
        {
          prompts: [long('task')],
          work: [long('old'), long('new')],
          files: many,
          todos: many.map((name) => ({ text: name, done: false })),
          helpers: many,
        },
        { ...options, maxChars },
      );
      expect(text?.length).toBeLessThanOrEqual(maxChars);
      expect(text).toContain('task');
      expect(text).toContain('new');
      if (maxChars > 1000) expect(text).toContain('/file-99');
    },
  );
});
