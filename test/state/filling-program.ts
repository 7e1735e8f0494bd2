import { hasFailedEnvironment } from '../../src/state/failed-environment.js';
import { openIndex } from '../../src/state/open-index.js';
import { record } from './fixtures.js';

/** What the program prints when a write has failed: one line of JSON. */
export interface Filled {
  /** Records whose writes were acknowledged. */
  readonly kept: number;
  readonly failure: string;
  /** What a write and a read after that give. */
  readonly afterwards: readonly string[];
  readonly failedEnvironment: boolean;
}

/** Writes to the index in the folder that its argument names until a write fails, and ends as `longshore` would. */
const folder = process.argv[2] ?? '';
const index = await openIndex({ engine: 'lmdb', folder });
const messageOf = (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`;
let kept = 0;
let failure: unknown;
while (failure === undefined) {
  const names = Array.from({ length: 500 }, (_, beside) => `folder/file ${kept + beside}`);
  try {
    await Promise.all(names.map((name) => index.put(name, record({ inode: BigInt(kept) }))));
    kept += names.length;
  } catch (error) {
    failure = error;
  }
}
const written = await index.put('after', record()).then(() => 'written', messageOf);
let read: string;
try {
  read = JSON.stringify(index.get('folder/file 1'));
} catch (error) {
  read = messageOf(error);
}
await index.close();
const filled: Filled = {
  kept,
  failure: messageOf(failure),
  afterwards: [written, read],
  failedEnvironment: hasFailedEnvironment(),
};
process.stdout.write(`${JSON.stringify(filled)}\n`);
process.exit(0);
