import { distance } from '../config/distance.js';

/** What to write instead of a word that is not known: the nearest one, or all there are. */
export function nearestHint(given: string, known: readonly string[]): string {
  const [nearest] = known
    .map((word) => ({ word, far: distance(given, word) }))
    .filter(({ far }) => far <= Math.max(2, given.length / 3))
    .sort((a, b) => a.far - b.far);
  return nearest === undefined ? `there are: ${known.join(', ')}` : `did you mean ${nearest.word}?`;
}
