import { readFileSync } from 'node:fs';

/** A row of a state machine's table: a state, an event, and what follows. */
export type TableRow = readonly [state: string, event: string, next: string];

/** The rows of the table in the comment of a source file, without its two lines of heading. */
export function stateTableOf(file: string): readonly TableRow[] {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(' * |'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells): TableRow => {
      const [state = '', event = '', next = '', ...more] = cells.map((cell) => cell.trim());
      if (more.length > 0) throw new Error(`a row of ${file} has more than three cells: ${cells}`);
      return [state, event, next];
    });
  return rows.slice(2);
}
