import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs something so often and, once it is over, resolves with how many of the objects that it gave to `keep` (which
 * returns them) are still in memory.
 */
export async function leftAfter(
  times: number,
  run: (keep: <T extends object>(object: T) => T) => Promise<void>,
): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const kept: WeakRef<object>[] = [];
  for (let time = 0; time < times; time += 1) {
    await run((object) => {
      kept.push(new WeakRef(object));
      return object;
    });
  }
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return kept.filter((ref) => ref.deref() !== undefined).length;
}
