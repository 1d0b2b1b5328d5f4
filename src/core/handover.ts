import { redactText } from './redact-text.js';

/** An item of the agent's own list of what is to be done. */
export type Todo = Readonly<{ text: string; done: boolean }>;

/** What the records of a session tell somebody who takes its work over. */
export type Handover = Readonly<{
  /** What people asked for, the first and then the newest. */
  prompts: readonly string[];
  /** The last words of the model, oldest first. */
  work: readonly string[];
  files: readonly string[];
  todos: readonly Todo[];
  /** What its helpers were asked for that had not finished. */
  helpers: readonly string[];
}>;

const MAX_PROMPTS = 4;
const MAX_WORK = 6;
const MAX_FILES = 100;
const MAX_TODOS = 100;
const MAX_HELPERS = 20;
const MAX_TEXT_CHARS = 8000;

/** Collects a hand-over in bounded memory, however long the session was. Holds prompts: it is never logged. */
export class HandoverNotes {
  #prompts: readonly string[] = [];
  #work: readonly string[] = [];
  #todos: readonly Todo[] = [];
  readonly #files = new Set<string>();
  readonly #helpers = new Map<string, string>();

  addPrompt(text: string): void {
    const prompt = cut(text);
    if (prompt === '' || this.#prompts.includes(prompt)) return;
    const [first = prompt, ...later] = [...this.#prompts, prompt];
    this.#prompts = [first, ...later.slice(1 - MAX_PROMPTS)];
  }

  addWork(text: string): void {
    if (text.trim() !== '') this.#work = [...this.#work, cut(text)].slice(-MAX_WORK);
  }

  addFile(path: string): void {
    this.#files.delete(path);
    this.#files.add(path);
    const [oldest] = this.#files;
    if (oldest !== undefined && this.#files.size > MAX_FILES) this.#files.delete(oldest);
  }

  /** The whole list as it stands now. */
  setTodos(todos: readonly Todo[]): void {
    this.#todos = todos.slice(0, MAX_TODOS).map(({ text, done }) => ({ text: cut(text), done }));
  }

  startHelper(id: string, task: string): void {
    if (this.#helpers.size < MAX_HELPERS) this.#helpers.set(id, cut(task));
  }

  endHelper(id: string): void {
    this.#helpers.delete(id);
  }

  handover(): Handover {
    return {
      prompts: this.#prompts,
      work: this.#work,
      files: [...this.#files],
      todos: this.#todos,
      helpers: [...this.#helpers.values()],
    };
  }
}

/** Folds the records of one session, the oldest first, into a hand-over. */
export abstract class HandoverFold {
  protected readonly notes = new HandoverNotes();

  /** One record. What it does not understand changes nothing. */
  abstract accept(line: string): void;

  handover(): Handover {
    return this.notes.handover();
  }
}

export type HandoverOptions = Readonly<{
  agent: string;
  sessionId: string;
  maxChars: number;
  /** What resumes told the session, which is no task. */
  resumePrompt: string;
}>;

const HEAD =
  'You take over the work of an earlier session. Its context is full, so it cannot go on, and you cannot see it. ' +
  'What follows was taken from its records, not written for you.';
const FOOT =
  'Look at the files as they are now before you change anything: some of this may be done. Then finish the task.';

/**
 * The prompt for a session that takes over, without secrets and no longer than `maxChars`; undefined where the records
 * do not say what the work is.
 */
export function composeHandover(handover: Handover, options: HandoverOptions): string | undefined {
  const [task, ...later] = handover.prompts.filter((prompt) => prompt !== options.resumePrompt.trim());
  if (task === undefined) return undefined;
  const open = handover.todos.filter(({ done }) => !done).map(({ text }) => text);
  const done = handover.todos.filter((todo) => todo.done).map(({ text }) => text);
  const budget = Math.max(0, options.maxChars - HEAD.length - FOOT.length - 200);
  const sections = [
    section('Task', [task], 0.35, budget),
    section('What was asked for later', later, 0.15, budget),
    section('What it said last', handover.work, 0.25, budget),
    section('Still to do, by its own list', list(open), 0.1, budget),
    section('Done, by its own list', list(done), 0.05, budget),
    section('Files it changed', list(handover.files), 0.05, budget),
    section('Helpers of it that had not finished', list(handover.helpers), 0.05, budget),
  ];
  const origin = `Earlier session: ${options.agent} ${options.sessionId}`;
  return [HEAD, origin, ...sections.flat(), FOOT].join('\n\n').slice(0, options.maxChars);
}

/** The newest entries count most; each section has a share of the whole. */
function section(
  title: string,
  entries: readonly string[],
  share: number,
  budget: number,
): readonly string[] {
  if (entries.length === 0) return [];
  const separator = entries.every((entry) => entry.startsWith('- ')) ? '\n' : '\n\n';
  const roomChars = Math.floor(budget * share);
  const kept: string[] = [];
  let usedChars = 0;
  for (const entry of entries.map(redactText).toReversed()) {
    const text = entry.slice(0, Math.max(0, roomChars - usedChars));
    if (text === '') break;
    kept.unshift(text.length < entry.length ? `${text}…` : text);
    usedChars += text.length + separator.length;
  }
  return [`## ${title}\n\n${kept.join(separator)}`];
}

function list(entries: readonly string[]): readonly string[] {
  return entries.map((entry) => `- ${entry.replaceAll(/\s+/g, ' ')}`);
}

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_TEXT_CHARS ? `${trimmed.slice(0, MAX_TEXT_CHARS)}…` : trimmed;
}
