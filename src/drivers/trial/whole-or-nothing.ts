import type { Body } from '../call.js';
import { failureOf, PLAIN, TOO_LONG, within } from './ground.js';
import type { Trial } from './trial.js';

const PIECE = Buffer.alloc(128 * 1024, 'part of an object ');
const SIZE = 2 * PIECE.byteLength;
const BEFORE = 'as before';
/** A provider that takes one connection only cannot answer while a put is under way. */
const LOOK_MS = 5_000;

/** How a source can disappoint after half of its bytes. */
const SOURCES = {
  'whose source failed': () => {
    throw new Error('the source failed, as it was meant to');
  },
  'whose source ended early': () => [],
  'whose source went on for too long': () => [PIECE, PIECE],
} as const;

/** G2: puts that fail half-way, over an object and where there was none, while a reader reads. */
export const wholeOrNothing: Trial = {
  id: 'G2',
  title: 'a put that fails leaves what was there, never part of an object',
  meaning:
    'Readers of the container may find files that are cut off. Do not rely on this target for the only copy.',
  async run(ground) {
    const problems: string[] = [];
    for (const before of [BEFORE, undefined])
      for (const [what, rest] of Object.entries(SOURCES)) {
        const name = `${before === undefined ? 'new' : 'old'} ${what}`;
        if (before !== undefined) await ground.put(name, before);
        const seen: (string | undefined)[] = [];
        const check = async () => {
          const content = await within(LOOK_MS, ground, ground.contentOf(name));
          if (content !== TOO_LONG) seen.push(content);
        };
        const failure = await failureOf(
          ground,
          ground.backend.putObject(
            ground.ref(name),
            disappointing(check, rest),
            PLAIN,
            ground.call,
          ),
        );
        if (failure === undefined) problems.push(`a put ${what} was reported as stored`);
        const late = seen.find((content) => content !== before);
        if (late !== undefined) problems.push(`while a put ${what} was under way, ${found(late)}`);
        const after = await ground.contentOf(name);
        if (after !== before) problems.push(`after a put ${what}, ${found(after)}`);
      }
    return { problems };
  },
};

function found(content: string | undefined): string {
  return content === undefined
    ? 'the object from before was gone'
    : `there was an object of ${content.length} bytes`;
}

/** Says that it has SIZE bytes, gives half of them, calls `check`, and then breaks its promise. */
function disappointing(check: () => Promise<void>, rest: () => Iterable<Uint8Array>): Body {
  return {
    size: SIZE,
    replayable: true,
    async *open() {
      yield PIECE;
      await check();
      yield* rest();
    },
  };
}
