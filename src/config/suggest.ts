/** The known name that a mistyped one most likely meant, or undefined when none is near enough to be worth naming. */
export function closest(written: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.ceil(written.length / 3) + 1;
  for (const name of known) {
    const edits = editDistance(written.toLowerCase(), name.toLowerCase());
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const name = closest(written, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that make one text of the other (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = at(previous, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      current[j] = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        substituted,
        swapped ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [older, previous] = [previous, current];
  }
  return at(previous, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

/** The end of a complaint about an unknown key: how it was probably meant, or the known keys. */
export function adviceOnKey(key: string, known: readonly string[]): string {
  const [name = ''] = key.split(/[:=]/, 1);
  if (name !== key && known.includes(name.trim()))
    return `; write "${name.trim()}: " with a blank before the value`;
  return didYouMean(key, known) || `; known: ${known.join(', ')}`;
}
