/** How many values follow an argument: none, one, or all up to the next argument. */
export type Arity = 'flag' | 'one' | 'many';

/** More than anybody types; what is longer is not kept. */
const MAX_CHARS = 32_768;

/**
 * Of a command line those arguments, with their values, that have to be given again where the program is started anew.
 * `arities` by the name with its dashes.
 */
export function keptArgs(
  argv: readonly string[],
  arities: Readonly<Record<string, Arity>>,
): readonly string[] {
  const kept: string[] = [];
  let arity: Arity | undefined;
  for (const word of argv) {
    if (word.startsWith('-')) arity = arityOf(word, arities);
    if (arity !== undefined) kept.push(word);
    if (!word.startsWith('-') && arity === 'one') arity = undefined;
    if (arity === 'flag') arity = undefined;
  }
  return kept.reduce((chars, word) => chars + word.length, 0) > MAX_CHARS ? [] : kept;
}

/** `--name=value` holds its value. */
function arityOf(word: string, arities: Readonly<Record<string, Arity>>): Arity | undefined {
  const [name = '', ...value] = word.split('=');
  const arity = Object.hasOwn(arities, name) ? arities[name] : undefined;
  return arity !== undefined && value.length > 0 ? 'flag' : arity;
}
