import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Member } from './fleet.js';
import { canFreeze, type Happening, type Scene } from './happening.js';
import type { Share } from './share.js';

const MOST_S = 20;
const WAITS_S = 60;

type Shared = Member & { readonly share: Share };

/** Something that befalls the share of a worker that works. An operator then starts it again, with a sound share. */
function ofShare(befall: (share: Share, member: Shared, scene: Scene) => Promise<void>): Happening {
  return {
    leastS: 2,
    isPossible: ({ fleet }) => fleet.shares !== undefined,
    async happen(scene) {
      const member = scene.fleet.one();
      if (member?.share === undefined) return false;
      await befall(member.share, { ...member, share: member.share }, scene);
      scene.fleet.kill(member);
      return true;
    },
  };
}

/** The bare mount point is left, where nothing is. */
export const shareUnmounted = ofShare(async (share, { program }, { pause }) => {
  share.unmount(program);
  await pause(1, MOST_S);
});

/** Away and back. */
export const shareMountedAgain = ofShare(async (share, { program }, { world, pause }) => {
  share.unmount(program);
  await pause(0, 2);
  share.mount(program, world.paths.source);
  await pause(1, MOST_S);
});

/** With the same names, sizes and times, but other contents. */
export const otherTreeMounted = ofShare(async (share, { program }, { world, pause }) => {
  const other = copyWithOtherContents(world.paths.folder, world.paths.source);
  share.unmount(program);
  share.mount(program, other);
  await pause(1, MOST_S);
});

/** Each call on a file of the share fails from then on. */
export const shareStale: Happening = {
  ...ofShare(async (share, _, { pause }) => {
    share.endServer();
    await pause(1, MOST_S);
  }),
  isPossible: ({ fleet }) => fleet.shares === 'served',
};

/** Each call on a file of the share waits, also in the middle of a job. */
export const shareFrozen: Happening = {
  leastS: 5,
  isPossible: (scene) => scene.fleet.shares === 'served' && canFreeze(scene),
  async happen({ fleet, pause }) {
    const member = fleet.one();
    if (member?.share === undefined) return false;
    member.share.freezeServer();
    await pause(5, WAITS_S);
    member.share.thawServer();
    return true;
  },
};

function copyWithOtherContents(folder: string, source: string): string {
  const other = join(folder, 'other');
  rmSync(other, { recursive: true, force: true });
  mkdirSync(other);
  spawnSync('cp', ['--archive', `${source}/.`, other]);
  for (const entry of readdirSync(other, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) changeUnseen(path);
  }
  return other;
}

function changeUnseen(path: string): void {
  const { atime, mtime, size } = statSync(path);
  // Large ones are not given to workers.
  if (size > 2 ** 20) return;
  writeFileSync(
    path,
    readFileSync(path).map((byte) => byte ^ 0x55),
  );
  utimesSync(path, atime, mtime);
}
