import type { Body } from '../call.js';
import { failureOf, type Ground, PLAIN, TOO_LONG, within } from './ground.js';
import type { Trial } from './trial.js';

const BEFORE = 'as before';
const HALF = Buffer.alloc(64 * 1024, 'half ');
const REJECTS_WITHIN_MS = 10_000;
/** What still travels when a call is dropped has arrived by then. */
const AFTERMATH_MS = 1_000;

/** G6: calls that are dropped before and while they run. */
export const stoppedByAbort: Trial = {
  id: 'G6',
  title: 'a call that is dropped changes nothing any more',
  meaning:
    'After Ctrl-C, or when a file changes while it is sent, an old version may still replace a newer one.',
  async run(ground) {
    const { backend } = ground;
    const problems: string[] = [];
    await ground.put('kept', BEFORE);
    const dropped = { signal: AbortSignal.abort(new Error('dropped, as it was meant to be')) };
    const early = {
      'a put that was dropped before it began': () =>
        backend.putObject(ground.ref('kept'), whole(), PLAIN, dropped),
      'a delete that was dropped before it began': () =>
        backend.deleteObject(ground.ref('kept'), dropped),
    };
    for (const [what, run] of Object.entries(early))
      problems.push(...(await tried(what, run(), 'kept', ground)));

    await ground.put('replaced', BEFORE);
    const stop = new AbortController();
    const hanging = halfOf(() => stop.abort(new Error('dropped, as it was meant to be')));
    const put = backend.putObject(ground.ref('replaced'), hanging, PLAIN, {
      signal: AbortSignal.any([stop.signal, ground.call.signal]),
    });
    problems.push(...(await tried('a put that was dropped half-way', put, 'replaced', ground)));

    await ground.clock.sleep(AFTERMATH_MS, ground.call.signal);
    for (const name of ['kept', 'replaced'])
      if ((await ground.contentOf(name)) !== BEFORE && problems.length === 0)
        problems.push(`"${name}" changed ${AFTERMATH_MS / 1000} s after its call had been dropped`);
    return { problems };
  },
};

async function tried(
  what: string,
  promise: Promise<unknown>,
  name: string,
  ground: Ground,
): Promise<string[]> {
  const failure = await within(REJECTS_WITHIN_MS, ground, failureOf(ground, promise));
  const problems: string[] = [];
  if (failure === TOO_LONG)
    problems.push(`${what} had not ended ${REJECTS_WITHIN_MS / 1000} s later`);
  if (failure === undefined) problems.push(`${what} was reported as done`);
  if ((await ground.contentOf(name)) !== BEFORE) problems.push(`${what} changed the object`);
  return problems;
}

const whole = (): Body => ({
  size: HALF.byteLength,
  replayable: true,
  bytes: HALF,
  open: async function* () {
    yield HALF;
  },
});

/** Gives half of its bytes, says so, and then nothing. */
function halfOf(given: () => void): Body {
  return {
    size: 2 * HALF.byteLength,
    replayable: true,
    async *open() {
      yield HALF;
      given();
      await new Promise(() => {});
    },
  };
}
