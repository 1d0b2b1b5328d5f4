/** A pattern, in any case of letters, that finds one of several. */
export function anyOf(...alternatives: readonly string[]): RegExp {
  return new RegExp(alternatives.join('|'), 'i');
}

/** A pattern, in any case of letters, for a text that begins with one of several. */
export function startsWith(...alternatives: readonly string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})`, 'i');
}
