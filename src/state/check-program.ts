import '../caught-signals.js';
import { reasonOf, StateDamagedError, StateNewerError } from './errors.js';
import { checkIndex } from './lmdb-check.js';

/** What the program prints: one line of JSON. */
export type Verdict =
  | { readonly verdict: 'sound'; readonly records: number }
  | { readonly verdict: 'damaged' | 'newer' | 'unavailable'; readonly why: string };

// Run by check-in-child.ts with the index file as its argument: damage may end this process, and nothing else.
process.stdout.write(`${JSON.stringify(await judge(process.argv[2] ?? ''))}\n`);

async function judge(file: string): Promise<Verdict> {
  try {
    return { verdict: 'sound', records: await checkIndex(file) };
  } catch (error) {
    const verdict = error instanceof StateDamagedError ? 'damaged' : error instanceof StateNewerError ? 'newer' : 'unavailable';
    return { verdict, why: reasonOf(error) };
  }
}
