import { writeSync } from 'node:fs';
import type { IndexLocation } from '../../src/state/object-index.js';
import { openIndex } from '../../src/state/open-index.js';
import { record } from './fixtures.js';

// Writes records until it is killed, several at once, and prints each name when it is acknowledged. Killed from outside.
const [engine, folder = '', round = '0'] = process.argv.slice(2);
const location: IndexLocation = { engine: engine === 'lmdb' ? 'lmdb' : 'lowdb', folder };
const index = await openIndex(location);
for (let at = 0; ; at += 10) {
  await Promise.all(
    Array.from({ length: 10 }, async (_, beside) => {
      const name = `round ${round} file ${(at + beside) % 2_000}`;
      await index.put(name, record({ inode: BigInt(round), size: at }));
      writeSync(1, `${name}\n`);
    }),
  );
}
