/** The configuration cannot be used. The message is for people and names every problem at once. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(textOf(problems));
    this.name = 'ConfigError';
  }
}

function textOf(problems: readonly string[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [`The configuration has ${count}:`, ...problems.map((problem) => `- ${problem}`)].join('\n');
}
