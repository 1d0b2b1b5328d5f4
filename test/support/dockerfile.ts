import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One instruction of a Dockerfile, its lines joined. */
export type Step = Readonly<{ verb: string; words: string }>;
export type Stage = Readonly<{ name: string; base: string; steps: readonly Step[] }>;

/** The stages of a Dockerfile as ours is written: no here-documents, no other escape than `\`. */
export function parseDockerfile(text: string): { args: Map<string, string>; stages: readonly Stage[] } {
  const args = new Map<string, string>();
  const stages: { name: string; base: string; steps: Step[] }[] = [];
  for (const step of stepsOf(text)) {
    const stage = stages.at(-1);
    const [, base, name] = /^(\S+) AS (\S+)$/i.exec(step.words) ?? [];
    if (step.verb === 'FROM' && base !== undefined && name !== undefined)
      stages.push({ name, base: withArgs(base, args), steps: [] });
    else if (stage !== undefined) stage.steps.push(step);
    else if (step.verb === 'ARG') args.set(...pairOf(step.words));
    else throw new Error(`not understood before the first FROM … AS …: ${step.verb} ${step.words}`);
  }
  return { args, stages };
}

function stepsOf(text: string): readonly Step[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, '');
  return joined.split('\n').flatMap((line) => {
    const [, verb, words] = /^([A-Z]+)\s+(.+)$/.exec(line.trim()) ?? [];
    return verb === undefined || words === undefined ? [] : [{ verb, words }];
  });
}

/** `NAME=value`, quoted or not. */
export function pairOf(words: string): [string, string] {
  const [, name = '', value = ''] = /^(\w+)=?"?([^"]*)"?$/.exec(words) ?? [];
  return [name, value];
}

const withArgs = (text: string, args: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');

/** The words of an instruction in its exec form. */
export function execForm(words: string): readonly string[] {
  const list: unknown = JSON.parse(words);
  if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list;
  throw new Error(`not in exec form: ${words}`);
}

/** The files of a folder that a build is given, by their paths: `files` without what `.dockerignore` leaves out. */
export function contextOf(root: string, files: readonly string[]): readonly string[] {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }));
  return files.filter((file) => rules.findLast(({ pattern }) => pattern.test(file))?.keeps ?? true);
}

/** A path, or all below it. */
function patternOf(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+^$()|[\]{}]/g, '\\$&');
  const body = escaped.replaceAll(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${body}(?:/|$)`);
}
