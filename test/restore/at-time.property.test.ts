import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import type { ObjectInfo } from '../../src/drivers/call.js';
import type { ObjectVersion, Versions } from '../../src/drivers/capabilities.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../src/drivers/memory/store.js';
import { listSources } from '../../src/restore/list-sources.js';
import { openSelection } from '../../src/restore/selection.js';
import { secondsText } from '../../src/sync/store/object-metadata.js';
import { createTrash } from '../../src/sync/trash/trash.js';
import { compareNames } from '../../src/utf8-order.js';
import { readAll } from '../drivers/conformance/fixture.js';

const { signal } = new AbortController();
const call = { signal };
const MIRROR = { container: 'c', prefix: 'p/', trashPrefix: '.longshore/trash/' };
const START_MS = 1_700_000_000_000;
const NAMES = ['a', 'a/b', 'a-b', 'é', '\u{10000}', '\uffff'];

/** A change of one object, and how long after the change before it; undefined: it is deleted. */
interface Change {
  readonly name: string;
  readonly afterMs: number;
  readonly content: string | undefined;
}

const history = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    afterMs: fc.constantFrom(1, 1000, 30_000, 59_999, 60_000, 100_000),
    content: fc.constantFrom(undefined, 'one', 'two', 'three, longer'),
  }),
  { maxLength: 30 },
);

interface Played {
  readonly backend: Backend;
  /** What each name had after each change. */
  readonly states: readonly {
    readonly atMs: number;
    readonly objects: ReadonlyMap<string, string>;
  }[];
  readonly versions: ObjectVersion[];
}

/** Makes the changes, each at its time, with what is replaced or deleted kept in the trash first where there is one. */
async function play(changes: readonly Change[], withTrash: boolean): Promise<Played> {
  let nowMs = START_MS;
  const clock = { ...systemClock, now: () => nowMs, monotonic: () => nowMs };
  const backend = memoryBackend({ store: createMemoryStore(clock) });
  await backend.createContainer('c', call);
  const trash = createTrash({ backend, ...MIRROR, clock });
  const objects = new Map<string, string>();
  const states = [{ atMs: nowMs, objects: new Map<string, string>() }];
  const versions: ObjectVersion[] = [];
  for (const { name, afterMs, content } of changes) {
    nowMs += afterMs;
    const ref = { container: 'c', key: `p/${name}` };
    if (withTrash) await trash.keep(name, undefined, { why: 'deleted' }, signal);
    if (content === undefined) {
      await backend.deleteObject(ref, call);
      if (objects.delete(name)) versions.push(version(await markerOf(ref.key, nowMs), true));
    } else {
      const metaData = { mtime: secondsText(BigInt(nowMs) * 1_000_000n) };
      const options = { contentType: 'x', metaData, headers: {}, checksums: [] };
      const info = await backend.putObject(ref, bytesBody(Buffer.from(content)), options, call);
      versions.push(version(info, false, content));
      objects.set(name, content);
    }
    states.push({ atMs: nowMs, objects: new Map(objects) });
  }
  return { backend, states, versions };

  function version(info: ObjectInfo, isDeleteMarker: boolean, content = ''): ObjectVersion {
    return { ...info, isDeleteMarker, isLatest: false, versionId: `${versions.length}:${content}` };
  }
}

async function markerOf(key: string, lastModified: number): Promise<ObjectInfo> {
  return { container: 'c', key, size: 0, checksums: [], metaData: {}, extra: { lastModified } };
}

/** The same, of a provider that has no delete markers, and says when a version was replaced or deleted. */
function endedVersions(kept: readonly ObjectVersion[]): readonly ObjectVersion[] {
  return kept.flatMap((version, at): ObjectVersion[] => {
    if (version.isDeleteMarker) return [];
    const next = kept.slice(at + 1).find(({ key }) => key === version.key);
    const endedAtMs = next?.extra['lastModified'];
    return [typeof endedAtMs === 'number' ? { ...version, endedAtMs } : version];
  });
}

/** A provider that kept each version. */
function withVersions(
  backend: Backend,
  kept: readonly ObjectVersion[],
  listingOrder: 'utf8' | 'none' = 'utf8',
): Backend {
  /** In another order than that of bytes: by UTF-16 units. */
  const byUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const compare = listingOrder === 'utf8' ? compareNames : byUnits;
  const newestFirst = kept
    .map((each, age) => ({ each, age }))
    .sort((a, b) => compare(a.each.key, b.each.key) || b.age - a.age)
    .map(({ each }) => each);
  const versions: Versions = {
    keepsVersions: async () => true,
    softDeleteSeconds: async () => 0,
    listVersions: async (_, prefix, { after = '0' }) => {
      const all = newestFirst.filter(({ key }) => key.startsWith(prefix));
      const next = Number(after) + 2; // small pages, so that versions of one key are on two
      return {
        items: all.slice(Number(after), next),
        next: next < all.length ? String(next) : undefined,
      };
    },
    headVersion: () => Promise.reject(new Error('not asked for')),
    readVersion: () => Promise.reject(new Error('not asked for')),
    deleteVersion: () => Promise.reject(new Error('not asked for')),
  };
  return { ...backend, capabilities: { ...backend.capabilities, versions, listingOrder } };
}

async function contentsAt(backend: Backend, atMs: number): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const source of listSources(backend, MIRROR, openSelection([]), atMs, signal)) {
    expect(found.has(source.name), `${source.name} is listed once`).toBe(false);
    const { versionId, info } = source;
    const content =
      versionId === undefined
        ? (await readAll(await backend.readObject(info, undefined, call))).toString()
        : versionId.slice(versionId.indexOf(':') + 1);
    found.set(source.name, content);
  }
  return found;
}

/** The moments at which nothing changes: right after a change, and right before the next. */
function momentsOf({ states }: Played) {
  return states.flatMap(({ atMs, objects }, i) => {
    const next = states[i + 1]?.atMs ?? atMs + 1000;
    return [
      { atMs, objects },
      { atMs: next - 1, objects },
    ].filter((moment) => moment.atMs >= atMs);
  });
}

test('by the trash, each moment of a history has the contents that it had', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (changes) => {
      const played = await play(changes, true);
      for (const { atMs, objects } of momentsOf(played))
        expect(await contentsAt(played.backend, atMs)).toEqual(objects);
    }),
    { numRuns: 40 },
  );
});

test('by versions, each moment of a history has the contents that it had, with and without a trash, markers or ends', async () => {
  const order = fc.constantFrom('utf8', 'none');
  await fc.assert(
    fc.asyncProperty(history, fc.boolean(), fc.boolean(), order, async (changes, ...provider) => {
      const [withTrash, withEnds, listingOrder] = provider;
      const played = await play(changes, withTrash);
      const versions = withEnds ? endedVersions(played.versions) : played.versions;
      const backend = withVersions(played.backend, versions, listingOrder);
      for (const { atMs, objects } of momentsOf(played))
        expect(await contentsAt(backend, atMs)).toEqual(objects);
    }),
    { numRuns: 40 },
  );
});

test('where nothing is kept, an object of another generation counts as one that was stored later', async () => {
  const { backend } = await play([], false);
  const metaData = { mtime: secondsText(BigInt(START_MS - 1_000) * 1_000_000n) };
  const options = { contentType: 'x', metaData, headers: {}, checksums: [] };
  const ref = { container: 'c', key: 'p/renamed' };
  const info = await backend.putObject(ref, bytesBody(Buffer.from('same')), options, call);
  const extra = { ...info.extra, lastModified: START_MS + 5_000 };
  const version = { ...info, extra, isDeleteMarker: false, isLatest: true, versionId: '17' };
  const listing = withVersions(backend, [version]);
  const { versions } = listing.capabilities;
  const keeping = (kept: boolean): Backend => ({
    ...listing,
    capabilities: {
      ...listing.capabilities,
      versions: { ...versions!, keepsVersions: async () => kept },
    },
  });
  const namesAt = async (kept: boolean) => [...(await contentsAt(keeping(kept), START_MS)).keys()];
  expect(await namesAt(false)).toEqual(['renamed']);
  expect(await namesAt(true)).toEqual([]);
});

test('without versions, a file that was renamed after the time has its new name, and one that was modified is not there', async () => {
  let nowMs = START_MS;
  const clock = { ...systemClock, now: () => nowMs, monotonic: () => nowMs };
  const backend = memoryBackend({ store: createMemoryStore(clock) });
  await backend.createContainer('c', call);
  const put = (name: string, mtimeMs: number) => {
    const metaData = { mtime: secondsText(BigInt(mtimeMs) * 1_000_000n) };
    const options = { contentType: 'x', metaData, headers: {}, checksums: [] };
    const ref = { container: 'c', key: `p/${name}` };
    return backend.putObject(ref, bytesBody(Buffer.from(name)), options, call);
  };
  await put('kept', START_MS);
  const atMs = nowMs;
  nowMs += 1_000;
  await put('modified', nowMs);
  await put('renamed', START_MS - 1_000);
  expect([...(await contentsAt(backend, atMs)).keys()]).toEqual(['kept', 'renamed']);
});
