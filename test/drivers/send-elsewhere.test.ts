import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SourceChangedError, TargetUnavailableError } from '../../src/drivers/errors.js';
import { sendInParts } from '../../src/drivers/multipart.js';
import type { PartsElsewhere, PartsRange, SentPart } from '../../src/drivers/parts-range.js';
import { elsewhereFor, type RemotePartsEffects } from '../../src/sync/work/parts-effects.js';
import type { LocalEntry } from '../../src/watcher/entry.js';
import { openPartsFixture, PART, PARTS, REF } from '../scale/parts-fixture.js';
import { plain, readAll } from './conformance/fixture.js';
import { digestIn, keeper } from './multipart-fixture.js';

const call = { signal: new AbortController().signal };
type Answer = readonly (SentPart | undefined)[];

/** An upload whose parts another process sends, unless `how` does something else. */
async function opened(
  how: (range: PartsRange, send: () => Promise<Answer>) => Promise<Answer> = (_, send) => send(),
) {
  const fixture = await openPartsFixture();
  const { local, version, backend, multipart } = fixture;
  const asked: PartsRange[] = [];
  let places = 2;
  const entry: LocalEntry = {
    ...{ path: 'large', kind: 'file', mode: 0o644, uid: 0, gid: 0 },
    ...version,
  };
  const refuted: number[] = [];
  const refute = (numbers: readonly number[]) => void refuted.push(...numbers);
  const effects: RemotePartsEffects = {
    takes: () => places > 0,
    send: async (...order) => ({ parts: await local.send(...order), refute }),
  };
  const { send } = elsewhereFor(effects, 'large', entry) as PartsElsewhere;
  const elsewhere: PartsElsewhere = {
    takes: effects.takes,
    async send(range, signal) {
      asked.push(range);
      places -= 1;
      try {
        const parts = await how(range, async () => (await send(range, signal)).parts);
        return { parts, refute };
      } finally {
        places += 1;
      }
    },
  };
  const { kept, keep } = keeper();
  return {
    ...fixture,
    refuted,
    asked,
    kept,
    takeNone() {
      places = -100;
    },
    upload: async (settings: Partial<Parameters<typeof sendInParts>[5]> = {}) =>
      sendInParts(backend, multipart, REF, await fixture.body(), plain, {
        ...{ partSize: PART, elsewhere, signal: call.signal, resume: { keep }, ...settings },
      }),
    stored: async () => readAll(await backend.readObject(REF, undefined, call)),
    sentHere: () => fixture.faults.calls.filter((each) => each === 'uploadPart').length,
  };
}

const numbersOf = ({ first, known }: PartsRange) => known.map((_, at) => first + at);

describe('parts sent elsewhere', () => {
  test('make one object with the digest of its parts, each part asked for once', async () => {
    const { upload, stored, content, asked } = await opened();
    const reported: (readonly [number, boolean])[] = [];
    const sent = await upload({ onPart: (bytes, before) => void reported.push([bytes, before]) });
    expect((await stored()).equals(content)).toBe(true);
    expect(sent).toMatchObject({
      ...{ partSize: PART, md5: undefined, confirmed: true },
      md5Parts: digestIn(PART, content),
    });
    expect(asked.flatMap(numbersOf)).toEqual(Array.from({ length: PARTS }, (_, at) => at + 1));
    expect(asked.length).toBeGreaterThan(1);
    expect(reported.reduce((sum, [bytes]) => sum + bytes, 0)).toBe(content.length);
    expect(reported.some(([, before]) => before)).toBe(false);
  });

  test('are sent from here when no other process takes any', async () => {
    const { upload, stored, content, asked, takeNone, faults } = await opened();
    takeNone();
    await upload();
    expect((await stored()).equals(content)).toBe(true);
    expect(asked).toEqual([]);
    expect(faults.calls).not.toContain('uploadedParts');
  });

  test.each<
    readonly [string, number, (range: PartsRange, send: () => Promise<Answer>) => Promise<Answer>]
  >([
    ['rejects', 0, () => Promise.reject(new Error('the queue is away'))],
    ['sends and rejects', 0, (_, send) => send().then(() => Promise.reject(new Error('fenced')))],
    ['sends nothing', 0, async ({ known }) => known.map(() => undefined)],
    [
      'sends some of them',
      0,
      async (_, send) => (await send()).map((part, at) => (at % 3 ? part : undefined)),
    ],
    ['says that it has sent what it has not', PARTS, async (range) => forged(range)],
    [
      'says that it has sent other bytes than it has',
      PARTS,
      async (range, send) => {
        await send();
        return forged(range);
      },
    ],
  ])('are sent from here when the other process %s', async (_, wrong, how) => {
    const { upload, stored, content, refuted } = await opened(how);
    const { md5Parts } = await upload();
    expect(refuted).toHaveLength(wrong);
    expect((await stored()).equals(content)).toBe(true);
    expect(md5Parts).toBe(digestIn(PART, content));
  });

  test('P3: no object is made of a file that changed, also after its last part was sent', async () => {
    for (const late of [false, true]) {
      const { upload, multipart, change, kept, token } = await opened(async (range, send) => {
        const isLast = numbersOf(range).includes(PARTS);
        if (!late) change();
        const answer = await send();
        if (late && isLast) change();
        return answer;
      });
      await expect(upload()).rejects.toThrow(SourceChangedError);
      const left = await multipart.unfinished('c', '', call);
      expect(left.map(({ opaque }) => opaque).sort()).toEqual(
        [token, ...kept].map(({ opaque }) => opaque).sort(),
      );
    }
  });

  test('a restart goes on with what the provider has, and sends none of it again', async () => {
    const { upload, stored, content, kept, asked, faults } = await opened();
    faults.next(
      'complete',
      new TargetUnavailableError('is down', { driver: 'memory', retry: 'backoff' }),
    );
    await expect(upload()).rejects.toThrow('is down');
    const before = faults.calls.filter((each) => each === 'uploadPart').length;
    const reported: boolean[] = [];
    const [token] = kept;
    if (token === undefined) throw new TypeError('nothing was kept');
    const { md5Parts } = await upload({
      ...{ resume: { token, keep: async () => {} } },
      onPart: (_, there) => void reported.push(there),
    });
    expect(faults.calls.filter((each) => each === 'uploadPart')).toHaveLength(before);
    expect(reported).toEqual(Array.from({ length: PARTS }, () => true));
    expect(asked.at(-1)?.known.every((md5) => md5 !== undefined)).toBe(true);
    expect((await stored()).equals(content)).toBe(true);
    expect(md5Parts).toBe(digestIn(PART, content));
  });

  test('a part that comes late with other bytes is in no object', async () => {
    const { upload, stored, content, multipart, kept, faults } = await opened(
      async ({ token }, send) => {
        const answer = await send();
        // A process that was frozen goes on.
        await multipart.uploadPart(token, 1, body(Buffer.alloc(PART)), call);
        return answer;
      },
    );
    await upload();
    expect((await stored()).equals(content)).toBe(true);
    const [token] = kept;
    if (token === undefined) throw new TypeError('nothing was kept');
    await expect(multipart.uploadPart(token, 1, body(Buffer.alloc(PART)), call)).rejects.toThrow();
    expect((await stored()).equals(content)).toBe(true);
    expect(faults.calls).toContain('uploadedParts');
  });

  test('an abort comes after the last request of others', async () => {
    const events: string[] = [];
    const waiting: (() => void)[] = [];
    const { upload, change, faults } = await opened(async (range, send) => {
      if (numbersOf(range).includes(1)) {
        change();
        return send();
      }
      await new Promise<void>((resolve) => void waiting.push(resolve));
      events.push('another has ended');
      return range.known.map(() => undefined);
    });
    const failing = upload({ resume: undefined as never }).finally(() =>
      events.push(`aborted: ${faults.calls.includes('abort')}`),
    );
    failing.catch(() => {});
    await expect.poll(() => waiting.length).toBe(2);
    expect(faults.calls).not.toContain('abort');
    for (const go of waiting) go();
    await expect(failing).rejects.toThrow(SourceChangedError);
    expect(events).toEqual(['another has ended', 'another has ended', 'aborted: true']);
  });
});

/** An answer about parts that are not there, as who can write to Redis could make it. */
function forged(range: PartsRange): readonly SentPart[] {
  return numbersOf(range).map((number) => {
    const md5 = createHash('md5').update(`forged ${number}`).digest('hex');
    return { number, size: PART, md5, receipt: md5 };
  });
}

function body(bytes: Buffer) {
  return {
    size: bytes.length,
    replayable: true,
    bytes,
    open: async function* () {
      yield bytes;
    },
  };
}
