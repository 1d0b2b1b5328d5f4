import { execFile } from 'node:child_process';
import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { contextOf, execForm, pairOf, type Stage, type Step } from '../support/dockerfile.js';
import { copyOfBase, inRoot } from './clean-root.js';

const execute = promisify(execFile);

/** What a build has come to: a root, and how it is to be run. */
export type Image = Readonly<{
  root: string;
  env: Readonly<Record<string, string>>;
  user: string;
  entrypoint: readonly string[];
  healthCheck: readonly string[];
  volumes: readonly string[];
}>;

/** Copies what a build of this folder would be given. */
export async function copyContext(root: string, target: string): Promise<void> {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await execute('git', list, { cwd: root, maxBuffer: 16_000_000 });
  for (const file of contextOf(root, stdout.trim().split('\n')))
    await cp(join(root, file), join(target, file));
}

/** Follows the steps of each stage in a clean root, as an engine would; the last stage is the image. */
export async function buildImage(
  stages: readonly Stage[],
  context: string,
  dir: string,
  buildArgs: Readonly<Record<string, string>>,
): Promise<Image> {
  const roots = new Map<string, string>();
  let image: Image | undefined;
  for (const { name, steps } of stages) {
    const root = join(dir, name);
    await copyOfBase(root);
    const build = new StageBuild(root, context, roots, buildArgs);
    for (const step of steps) await build.follow(step);
    roots.set(name, root);
    image = build.image();
  }
  if (image === undefined) throw new Error('no stages');
  return image;
}

class StageBuild {
  readonly #env: Record<string, string> = {};
  readonly #args: Record<string, string> = {};
  readonly #volumes: string[] = [];
  #cwd = '/';
  #user = 'root';
  #entrypoint: readonly string[] = [];
  #healthCheck: readonly string[] = [];

  constructor(
    private readonly root: string,
    private readonly context: string,
    private readonly stages: ReadonlyMap<string, string>,
    private readonly buildArgs: Readonly<Record<string, string>>,
  ) {}

  image(): Image {
    return {
      root: this.root,
      env: this.#env,
      user: this.#user,
      entrypoint: this.#entrypoint,
      healthCheck: this.#healthCheck,
      volumes: this.#volumes,
    };
  }

  async follow({ verb, words }: Step): Promise<void> {
    switch (verb) {
      case 'WORKDIR':
        this.#cwd = words;
        await mkdir(join(this.root, words), { recursive: true });
        return;
      case 'ARG': {
        const [name, value] = pairOf(words);
        this.#args[name] = this.buildArgs[name] ?? value;
        return;
      }
      case 'ENV':
        for (const word of words.split(/\s+/)) this.#env[pairOf(word)[0]] = pairOf(word)[1];
        return;
      case 'RUN':
        await inRoot(this.root, words, { env: { ...this.#args, ...this.#env }, cwd: this.#cwd });
        return;
      case 'COPY':
        return this.#copy(words.split(/\s+/));
      case 'USER':
        this.#user = words;
        return;
      case 'VOLUME':
        this.#volumes.push(...execForm(words));
        return;
      case 'ENTRYPOINT':
        this.#entrypoint = execForm(words);
        return;
      case 'HEALTHCHECK':
        this.#healthCheck = execForm(words.replace(/^.*? CMD /, ''));
        return;
      case 'EXPOSE':
        return;
      default:
        throw new Error(`not understood: ${verb} ${words}`);
    }
  }

  /** A folder is copied as what it holds. */
  async #copy(words: string[]): Promise<void> {
    const stage = words[0]?.startsWith('--from=')
      ? this.stages.get(words.shift()?.slice('--from='.length) ?? '')
      : undefined;
    const target = words.pop() ?? '';
    const to = join(this.root, resolve(this.#cwd, target));
    for (const source of words) {
      const from = join(stage ?? this.context, source);
      const isFolder = (await stat(from)).isDirectory();
      const path = isFolder || !target.endsWith('/') ? to : join(to, basename(from));
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { recursive: true, force: true });
      await cp(from, path, { recursive: true, verbatimSymlinks: true });
    }
  }
}
