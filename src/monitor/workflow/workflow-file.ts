import type { Stats } from 'node:fs';
import { toWorkflow, type FrontMatterProblem, type Workflow } from '../../core/workflow.js';
import { readHead } from '../../platform/read-head.js';

/** `progressed`: it says something else than before. `problems`: those that were not told before. */
export type WorkflowRead = Readonly<{ progressed: boolean; problems: readonly FrontMatterProblem[] }>;

const NOTHING_NEW: WorkflowRead = { progressed: false, problems: [] };

/** One markdown file, and what its front matter said when it last made sense. */
export class WorkflowFile {
  /** Undefined for a file that is none of a workflow. */
  workflow: Workflow | undefined;
  /** When the file with that state was written. */
  changedMs = 0;
  #seen = '';
  #standing: ReadonlySet<string> = new Set();
  #toldText: string | undefined;

  constructor(
    readonly path: string,
    private readonly maxHeadBytes: number,
  ) {}

  /** Reads the head of the file where it is another than before. One call at a time. */
  async advance({ ino, size, mtimeMs, ctimeMs }: Stats): Promise<WorkflowRead> {
    const version = [ino, size, mtimeMs, ctimeMs].join(' ');
    if (version === this.#seen) return NOTHING_NEW;
    this.#seen = version;
    const head = await readHead(this.path, this.maxHeadBytes);
    if (head.kind === 'missing') return NOTHING_NEW;
    if (head.kind === 'unreadable') {
      const problem = { line: 0, problem: `cannot be read (${head.code})` };
      return { progressed: false, problems: this.#news(head.code, [problem]) };
    }
    return this.#take(head.bytes.toString('utf8'), head.isWhole, mtimeMs);
  }

  async #take(head: string, isWhole: boolean, mtimeMs: number): Promise<WorkflowRead> {
    // Loaded with the first file: the parser costs ten megabytes, and most services watch no workflows.
    const { readFrontMatter } = await import('./front-matter.js');
    const found = readFrontMatter(head, { isWhole, isKnown: this.workflow !== undefined });
    if (found.kind === 'broken')
      return { progressed: false, problems: this.#news(found.text, [found.problem]) };
    if (found.kind === 'none') {
      this.workflow = undefined;
      return { progressed: false, problems: this.#news('', []) };
    }
    const { workflow, problems } = toWorkflow(found.fields);
    const progressed = workflow !== undefined && JSON.stringify(workflow) !== JSON.stringify(this.workflow);
    if (workflow !== undefined) [this.workflow, this.changedMs] = [workflow, mtimeMs];
    return { progressed, problems: this.#news(found.text, problems) };
  }

  /** Of the problems of a text those that are new: not there at the read before, the text not told already. */
  #news(text: string, problems: readonly FrontMatterProblem[]): readonly FrontMatterProblem[] {
    const nameOf = ({ line, problem }: FrontMatterProblem): string => `${line} ${problem}`;
    const fresh = problems.filter((problem) => !this.#standing.has(nameOf(problem)));
    const isTold = text === this.#toldText;
    this.#standing = new Set(problems.map(nameOf));
    if (problems.length > 0) this.#toldText = text;
    return isTold ? [] : fresh;
  }
}
