import { createInterface } from 'node:readline';

/** Asks for a yes on the terminal. An empty answer, and the end of the input, is a no. */
export async function confirm(question: string): Promise<boolean> {
  process.stdout.write(`${question} [y/N] `);
  // Not as a terminal of its own, so that Ctrl-C ends the process as always.
  const lines = createInterface({ input: process.stdin, terminal: false });
  for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
  return false;
}
