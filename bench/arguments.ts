import { parseArgs } from 'node:util';
import type { Row } from './row.js';

/** What the command line asks for. */
export interface Request {
  readonly rows: readonly Row[];
  /** Rounds of each row; undefined: as the row says. */
  readonly rounds: number | undefined;
  /** File that the figures are written to. */
  readonly json: string | undefined;
  /** File of an earlier run. */
  readonly compare: string | undefined;
  /** main.js of another build that runs beside this one. */
  readonly against: string | undefined;
  /** For the reader of the figures. */
  readonly note: string | undefined;
}

const USAGE = `usage: npm run bench -- ROW... [options]
       npm run bench -- all [options]
       npm run bench -- list
       npm run bench -- micro NAME [ARGUMENT...]

  --rounds N       how often each program runs (default: as the row says)
  --large          with all: the rows of 1,000,000 files as well; with ROW: ROW-1m as well
  --json FILE      write all figures to FILE; rows of the same build that are in it are kept or replaced
  --compare FILE   compare with the figures in FILE; exit code 3 when CPU time is more than 5 % worse
  --against MAIN   another build's dist/bundle/main.js, which runs in turn with this one
  --note TEXT      what a reader of the figures should know
`;

const OPTIONS = {
  rounds: { type: 'string' },
  json: { type: 'string' },
  compare: { type: 'string' },
  against: { type: 'string' },
  note: { type: 'string' },
  large: { type: 'boolean' },
} as const;

/** Reads the arguments. Throws an Error whose message says what is wrong with them. */
export function readArguments(args: readonly string[], rows: readonly Row[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const { rounds, json, compare, against, note, large = false } = values;
  if (rounds !== undefined && !/^[1-9]\d{0,2}$/.test(rounds))
    throw new Error(`--rounds ${rounds}: a number from 1 to 999`);
  return {
    rows: chosen(positionals, large, rows),
    rounds: rounds === undefined ? undefined : Number(rounds),
    ...{ json, compare, against, note },
  };
}

function chosen(names: readonly string[], large: boolean, rows: readonly Row[]): readonly Row[] {
  if (names.length === 0) throw new Error(`no row is named\n${USAGE}`);
  const known = new Set(['all', ...rows.map(({ name }) => name)]);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`${unknown}: no such row; list prints all`);
  return rows.filter(
    (row) =>
      names.includes(row.name) ||
      (names.includes('all') && (large || row.large !== true)) ||
      (large && names.some((name) => row.name === `${name}-1m`)),
  );
}
