import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorState, type World } from './world.js';

/** What befalls state folders: they are lost, in whole or in part, or damaged. */
export function spoilState(world: World): void {
  const { figures, paths, engine, random, pick, target, forgotten } = world;
  figures.losses += 1;
  const mirror = mirrorState(paths);
  const index = join(mirror, engine === 'lmdb' ? 'index.mdb' : 'index.json');
  const ledger = join(mirror, 'ledger.json');
  const cut = (file: string) =>
    existsSync(file) && truncateSync(file, Math.floor(random() * statSync(file).size));
  const flip = (file: string) => {
    if (!existsSync(file)) return;
    const bytes = readFileSync(file);
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bytes);
  };
  const spoil = pick([
    { of: 'ledger', do: () => rmSync(paths.state, { recursive: true, force: true }) },
    { of: 'ledger', do: () => rmSync(mirror, { recursive: true, force: true }) },
    { of: 'ledger', do: () => rmSync(ledger, { force: true }) },
    { of: 'ledger', do: () => cut(ledger) },
    { of: 'ledger', do: () => flip(ledger) },
    { of: 'index', do: () => rmSync(index, { force: true }) },
    { of: 'index', do: () => cut(index) },
    { of: 'index', do: () => flip(index) },
  ]);
  spoil.do();
  if (spoil.of === 'index') world.damages += 1;
  if (spoil.of === 'ledger') for (const upload of target.uploads().keys()) forgotten.add(upload);
}
