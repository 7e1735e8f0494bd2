import { chmodSync, utimesSync } from 'node:fs';
import { FAILPOINTS, type Failpoint } from '../../src/failpoint.js';
import type { Choices } from './choices.js';
import type { JournaledFiles } from './files.js';

const LARGE = 3 * 2 ** 20;

/** Changes such as people and programs make; what is frequent is in the list twice. */
export function usualChanges(
  tree: JournaledFiles,
  { pick, somePath, newName, someBytes, withFile }: Choices,
  random: () => number,
): readonly (() => void)[] {
  const { nodes, files, onDisk, makeWay, write, writeUnnamed, save } = tree;
  const { append, truncate, rewrite, extend, link, rename, remove } = tree;
  return [
    () => write(somePath(), someBytes(20_000)),
    () => write(somePath(), someBytes(20_000)),
    () => save(somePath(), someBytes(20_000)),
    () =>
      withFile((path, file) => {
        const more = someBytes(1_000);
        append(path, file, more);
      }),
    () => withFile((path, file) => truncate(path, file, Math.floor(random() * file.bytes.length))),
    () => withFile(rewrite),
    () => withFile((path) => utimesSync(onDisk(path), random() * 2e9, random() * 2e9)),
    () => withFile((path) => chmodSync(onDisk(path), pick([0o600, 0o640, 0o644, 0o755]))),
    () => remove(pick([...nodes.keys(), somePath()])),
    () => remove(pick(files()) ?? somePath()),
    () => rename(pick([...nodes.keys(), somePath()]), somePath()),
    () => rename(pick([...nodes.keys(), somePath()]), somePath()),
    () => {
      const path = somePath();
      link(path, pick(['nowhere', '.', '..', 'a', 'a/b.txt']));
    },
    () => {
      const path = somePath();
      if (nodes.get(path)?.kind !== 'folder') remove(path);
      makeWay(`${path}/inside`);
    },
    () => {
      if (random() < 0.5) write(somePath(), someBytes(LARGE));
    },
    // Sparse: a large file that takes no place.
    () => {
      if (random() < 0.7) return;
      const path = somePath();
      write(path, Buffer.from('sparse'));
      extend(path, Math.floor(random() * LARGE));
    },
    // What looks encrypted, or wiped, where there was something sound: the guard counts that.
    () =>
      withFile((path, { bytes }) => {
        if (bytes.length === 0) return;
        const wiped = random() < 0.5;
        writeUnnamed(
          path,
          Buffer.from(
            Array.from({ length: 5_000 }, () => (wiped ? 0 : Math.floor(random() * 256))),
          ),
        );
      }),
    // A folder that is filled and then gets its name, as by an unpacking program.
    () => {
      const folder = newName();
      for (let at = 0; at < 10; at += 1) write(`${folder}/f${at}`, someBytes(500));
      rename(folder, somePath());
    },
    // Much at once, and away again.
    () => {
      const many = Object.keys(Array(20).fill(0)).map((at) => `burst/${at}`);
      for (const path of many) write(path, Buffer.from(path));
      if (random() < 0.5) remove('burst');
    },
  ];
}

/** Changes that bring a daemon to a crash point that few others lead to. */
export function changesToward(
  { nodes, files, onDisk, write, rename, remove }: JournaledFiles,
  { pick, somePath, newName, someBytes, withFile }: Choices,
  random: () => number,
): ReadonlyMap<Failpoint, () => void> {
  function renameFile(): void {
    const from = pick(files());
    if (from !== undefined) rename(from, newName());
  }

  /** One becomes a folder, or a folder becomes one: where a store cannot hold `a` beside `a/b`, one must go before the other comes. */
  function exchange(): void {
    const folder = pick(
      [...nodes].filter(
        ([path, { kind }]) =>
          kind === 'folder' && files().some((file) => file.startsWith(`${path}/`)),
      ),
    );
    const file = pick(files());
    if (folder !== undefined && random() < 0.5) write(folder[0], someBytes(2_000));
    else if (file !== undefined) {
      remove(file);
      write(`${file}/inside`, someBytes(2_000));
    }
  }

  const touchFile = () =>
    withFile((path) => utimesSync(onDisk(path), random() * 2e9, random() * 2e9));
  const touchMany = () => {
    const seconds = random() * 2e9;
    for (const path of files()) utimesSync(onDisk(path), seconds, seconds);
  };
  const removeFile = () => remove(pick(files()) ?? somePath());
  const writeLarge = () =>
    write(
      somePath(),
      Buffer.alloc(2 ** 21 + Math.floor(random() * 2 ** 20), Math.floor(random() * 256)),
    );
  return new Map<Failpoint, () => void>([
    ['sync: object copied, not recorded', renameFile],
    ['local: copy written, not renamed', renameFile],
    ['sync: room made, object not sent', exchange],
    ['sync: metadata replaced, not recorded', touchFile],
    ['sync: batch compared, not recorded', touchMany],
    ['sync: object kept in the trash, not deleted', removeFile],
    ['sync: object deleted, not forgotten', removeFile],
    ['local: object unlinked, its record not removed', removeFile],
    ['sync: object recorded, its upload not forgotten', writeLarge],
    ...FAILPOINTS.filter((point) => point.startsWith('parts:')).map(
      (point) => [point, writeLarge] as const,
    ),
  ]);
}
