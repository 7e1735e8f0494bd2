import type { Ground } from './ground.js';
import type { Trial } from './trial.js';

const ROUNDS = 4;
/** How long is waited to tell "late" from "never". */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 200;

/** G1: read-after-write, for new objects, overwritten ones and deleted ones, by reading and by listing. */
export const seenAtOnce: Trial = {
  id: 'G1',
  title: 'what was put is there at once, to be read and listed',
  meaning:
    'The store is eventually consistent: a reconcile soon after an upload may take objects for missing or changed and send them again. Keep reconciles rare (reconcile: 24h).',
  async run(ground) {
    const problems = new Set<string>();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const name = `object-${round}`;
      const look = async (what: string, expected: string | undefined) => {
        const problem = await difference(ground, name, expected);
        if (problem !== undefined)
          problems.add(`after ${what}: ${problem}; ${await howLong(ground, name, expected)}`);
      };
      await ground.put(name, 'first');
      await look('a put', 'first');
      await ground.put(name, 'second content');
      await look('an overwrite', 'second content');
      await ground.backend.deleteObject(ground.ref(name), ground.call);
      await look('a delete', undefined);
      if (problems.size > 0) break;
    }
    return { problems: [...problems] };
  },
};

/** How an object differs from what it should be; undefined: it does not. */
async function difference(
  ground: Ground,
  name: string,
  expected: string | undefined,
): Promise<string | undefined> {
  const content = await ground.contentOf(name);
  if (content !== expected) {
    if (content === undefined) return 'reading says that there is no such object';
    return expected === undefined
      ? 'the object can still be read'
      : 'reading gives the content from before';
  }
  const key = ground.prefix + name;
  const { items } = await ground.backend.listObjects(ground.container, key, {}, ground.call);
  const listed = items.find((item) => item.key === key);
  if (expected === undefined) return listed && 'the listing still has the object';
  if (listed === undefined) return 'the listing does not have the object';
  return listed.size === Buffer.byteLength(expected)
    ? undefined
    : `the listing says ${listed.size} bytes instead of ${expected.length}`;
}

async function howLong(
  ground: Ground,
  name: string,
  expected: string | undefined,
): Promise<string> {
  const { clock, call } = ground;
  const start = clock.monotonic();
  while (clock.monotonic() - start < PATIENCE_MS) {
    await clock.sleep(PAUSE_MS, call.signal);
    if ((await difference(ground, name, expected)) === undefined)
      return `right after ${((clock.monotonic() - start) / 1000).toFixed(1)} s`;
  }
  return `still so after ${PATIENCE_MS / 1000} s`;
}
