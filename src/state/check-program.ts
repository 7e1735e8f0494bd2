import '../quiet-console.js';
import { readFileSync, writeSync } from 'node:fs';
import { reasonOf, StateDamagedError, StateNewerError } from './errors.js';
import { checkIndex } from './lmdb-check.js';
import { makeOrTry } from './lmdb-trial.js';

/**
 * `trial`: whether LMDB can open the index, or make it where there is none.
 * `whole`: then also whether all of it is sound.
 */
export type CheckKind = 'trial' | 'whole';

/** What the program reads, as JSON, up to the end of its standard input. Nothing: it is not needed, and ends. */
export interface CheckOrder {
  readonly kind: CheckKind;
  readonly file: string;
}

/** What the program prints: one line of JSON. */
export type Verdict =
  | { readonly verdict: 'sound'; readonly records: number }
  | { readonly verdict: 'damaged' | 'newer' | 'unavailable'; readonly why: string };

const STDIN = 0;
const STDOUT = 1;

// As in main.ts: no debugger on SIGUSR1.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

// Run by check-in-child.ts: LMDB may end this process, and nothing else.
const order = readFileSync(STDIN, 'utf8');
void (order === '' ? undefined : answer(JSON.parse(order)));

async function answer(order: CheckOrder): Promise<void> {
  writeSync(STDOUT, `${JSON.stringify(await judge(order))}\n`);
  process.exit(); // without LMDB's own clean-up, which may crash after an opening or a commit that failed
}

async function judge({ kind, file }: CheckOrder): Promise<Verdict> {
  try {
    await makeOrTry(file);
    return { verdict: 'sound', records: kind === 'whole' ? await checkIndex(file) : 0 };
  } catch (error) {
    const verdict =
      error instanceof StateDamagedError
        ? 'damaged'
        : error instanceof StateNewerError
          ? 'newer'
          : 'unavailable';
    return { verdict, why: reasonOf(error) };
  }
}
