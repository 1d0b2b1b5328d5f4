/** How a program of this machine answers; `version` in its own words. */
export type ProgramState = Readonly<
  | { kind: 'found'; path: string }
  | { kind: 'runs'; path: string; version?: string }
  | { kind: 'missing' }
  | { kind: 'fails'; path: string; why: string }
>;

/** Looks at what a resume needs of this machine. Nothing here rejects: what cannot be looked at is not told. */
export abstract class LocalProbe {
  abstract isFolder(path: string): Promise<boolean>;
  /** The beginning of a file as text; undefined where it cannot be read. */
  abstract textOf(path: string): Promise<string | undefined>;
  /** Room for this user where a path lies, or would; undefined where that cannot be told. */
  abstract freeBytes(path: string): Promise<number | undefined>;
  /** Whether a variable of this service's environment, which its runs inherit, is set and not empty. */
  abstract isSet(variable: string): boolean;
  /** Looks a program up as starting it would. */
  abstract findProgram(command: string): Promise<ProgramState>;
  /** Also has it tell its version, within that time; once it did, the same file is not asked again. */
  abstract tryProgram(command: string, timeoutMs: number): Promise<ProgramState>;
}
