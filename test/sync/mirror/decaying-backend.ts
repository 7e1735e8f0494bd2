import type { Backend } from '../../../src/drivers/backend.js';
import type { Body, ObjectRef, PutOptions } from '../../../src/drivers/call.js';

/** Storage whose disks decay: what they give back is not what was put, and nothing else shows it. */
export interface Decay {
  /** From now on the object of this key has one other bit, until it is put again. */
  rot(key: string): void;
  /** The next reading of this key gives one other bit, and later ones do not. */
  stutter(key: string): void;
  /** Called when an object is read, before its first byte. */
  onRead: (key: string) => void | Promise<void>;
  wrap(backend: Backend): Backend;
}

export function decay(): Decay {
  const rotten = new Set<string>();
  const stuttering = new Set<string>();
  async function* flipped(source: AsyncIterable<Uint8Array>) {
    let first = true;
    for await (const chunk of source) {
      const copy = Uint8Array.from(chunk);
      if (first) copy[0] = (copy[0] ?? 0) ^ 1;
      first = false;
      yield copy;
    }
  }
  const made: Decay = {
    rot: (key) => void rotten.add(key),
    stutter: (key) => void stuttering.add(key),
    onRead: () => {},
    wrap: (backend) => ({
      ...backend,
      async putObject(ref: ObjectRef, body: Body, options: PutOptions, call) {
        const info = await backend.putObject(ref, body, options, call);
        rotten.delete(ref.key);
        return info;
      },
      async readObject(ref, range, call) {
        await made.onRead(ref.key);
        const source = await backend.readObject(ref, range, call);
        return rotten.has(ref.key) || stuttering.delete(ref.key) ? flipped(source) : source;
      },
    }),
  };
  return made;
}
