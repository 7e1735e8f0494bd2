import { chmodSync, utimesSync } from 'node:fs';
import { chooseAtRandom } from '../choices.js';
import { createFiles } from '../files.js';
import { recordSightings, type Sightings } from './sightings.js';

/** A folder that changes at random, and all that was ever in it. */
export interface Source {
  readonly sightings: Sightings;
  /** The number of the last change. */
  readonly moment: number;
  /** One change, such as people and programs make. */
  change(): void;
  /** A file that is sent in parts, where it has not been written too often. */
  writeLarge(): void;
}

export interface SourceOptions {
  readonly root: string;
  readonly random: () => number;
  /** See TreeOptions. */
  readonly nameProblem: (name: string) => string | undefined;
  /** Bytes of a file that the target takes in parts. */
  readonly largeBytes: number;
}

const MOST_NODES = 100;
/** More would take time that more rounds use better. */
const MOST_LARGE = 4;
const MODES = [0o400, 0o600, 0o640, 0o644, 0o664, 0o755, 0o777];
const LINK_TARGETS = ['nowhere', '.', '..', 'a', 'a/b.txt', '/etc/passwd', 'ü/😀'];

export function createSource(options: SourceOptions): Source {
  const { root, random, nameProblem, largeBytes } = options;
  const tree = createFiles({
    root,
    nameProblem,
    links: 'preserve',
    random,
    onStep: (paths) => recorder.note(paths),
  });
  const recorder = recordSightings(root, () => tree.nodes);
  const { nodes, files, onDisk, write, save, append, truncate, rewrite, extend } = tree;
  const { link, rename, remove } = tree;
  const { pick, somePath, newName, someBytes, withFile } = chooseAtRandom(tree, random);
  let large = 0;

  /** Times of long ago, of now, and some before 1970. None is in the future: by such a time nothing can be restored. */
  const touch = (path: string) => {
    const seconds = random() * (Date.now() / 1_000) * (random() < 0.2 ? -1 : 1);
    utimesSync(onDisk(path), String(seconds), String(seconds));
    recorder.note([path]);
  };
  const writeLarge = () => {
    if (large >= MOST_LARGE) return write(newName(), someBytes(200_000));
    large += 1;
    write(somePath(), Buffer.alloc(largeBytes, Math.floor(random() * 256)));
  };
  const changes: readonly (() => void)[] = [
    () => write(somePath(), someBytes(20_000)),
    () => write(newName(), someBytes(50_000)),
    () => save(somePath(), someBytes(20_000)),
    () => withFile((path, file) => append(path, file, someBytes(1_000))),
    () => withFile((path, file) => truncate(path, file, Math.floor(random() * file.bytes.length))),
    () => withFile(rewrite),
    () => withFile(touch),
    () =>
      withFile((path) => {
        chmodSync(onDisk(path), pick(MODES));
        recorder.note([path]);
      }),
    () => remove(pick([...nodes.keys(), somePath()])),
    () => remove(pick(files()) ?? somePath()),
    () => rename(pick([...nodes.keys(), somePath()]), somePath()),
    () => rename(pick(files()) ?? somePath(), newName()),
    () => link(somePath(), pick(LINK_TARGETS)),
    () => {
      const path = somePath();
      write(path, Buffer.from('sparse'));
      extend(path, Math.floor(random() * 500_000));
    },
    // A folder that is filled and then gets its name, as by an unpacking program.
    () => {
      const folder = newName();
      for (let at = 0; at < 10; at += 1) write(`${folder}/f${at}`, someBytes(500));
      rename(folder, somePath());
    },
    // Much at once, which travels in batches.
    () => {
      for (let at = 0; at < 20; at += 1) write(`burst/${at}`, someBytes(2_000));
      if (random() < 0.3) remove('burst');
    },
  ];

  return {
    sightings: recorder.sightings,
    get moment() {
      return recorder.moment;
    },
    change() {
      if (nodes.size > MOST_NODES)
        remove(pick([...nodes.keys()].filter((path) => !path.includes('/'))));
      if (random() < 0.06) writeLarge();
      else pick(changes)();
    },
    writeLarge,
  };
}
