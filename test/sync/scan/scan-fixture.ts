import { join } from 'node:path';
import { systemClock } from '../../../src/clock.js';
import type { IndexLocation } from '../../../src/state/object-index.js';
import { openIndex } from '../../../src/state/open-index.js';
import { createNaming } from '../../../src/sync/naming.js';
import type { Finding } from '../../../src/sync/scan/compare.js';
import { type ScanOptions, startScan } from '../../../src/sync/scan/scan.js';
import type {
  ScanItem,
  ScanProblem,
  ScanRequest,
  ScanSummary,
  Walked,
} from '../../../src/sync/scan/scan-items.js';
import { openSource } from '../../../src/watcher/source.js';
import { openWalkContext, type WalkSettings } from '../../../src/watcher/stat-entry.js';
import { walk } from '../../../src/watcher/walk.js';
import { settings } from '../../watcher/walked.js';
import { temporaryFolder } from '../../world/folder.js';
import { writeFiles } from '../../world/tree.js';
import { MIRROR, recordOf } from '../records.js';

export interface Fixture {
  readonly root: string;
  readonly location: IndexLocation;
  request(changes?: Partial<ScanRequest>): ScanRequest;
}

/** A source with these files, and an index that says that all of them have been sent. */
export async function mirrored(
  files: readonly string[] | Readonly<Record<string, string>>,
  walking: Partial<WalkSettings> = {},
  engine: IndexLocation['engine'] = 'lmdb',
): Promise<Fixture> {
  const folder = temporaryFolder();
  const root = join(folder, 'source');
  writeFiles(folder, { 'source/.keep': '', 'state/.keep': '' });
  writeFiles(root, files);
  const location = { engine, folder: join(folder, 'state') };
  const { nameOf } = createNaming(walking.symlinks ?? 'skip');
  const index = await openIndex(location);
  const puts: Promise<void>[] = [];
  for (const item of walk(openWalkContext(openSource(root), settings(walking)))) {
    if (item.kind !== 'problem') puts.push(index.put(nameOf(item), recordOf(item)));
  }
  await Promise.all(puts);
  await index.close();
  const request = (changes: Partial<ScanRequest> = {}) => ({
    root,
    under: '',
    settings: settings(walking),
    policy: MIRROR,
    location,
    ...changes,
  });
  return { root, location, request };
}

export interface Scanned {
  /** In the order in which they came. */
  readonly items: readonly ScanItem[];
  readonly findings: readonly Finding[];
  readonly problems: readonly ScanProblem[];
  readonly walked: Walked | undefined;
  readonly summary: ScanSummary | undefined;
  /** `upload a/b`, in order. */
  readonly due: readonly string[];
}

/** A whole scan in its thread. */
export async function scanned(
  request: ScanRequest,
  { signal = new AbortController().signal, ...options }: Partial<ScanOptions> = {},
): Promise<Scanned> {
  const items: ScanItem[] = [];
  const scan = startScan(request, { ...options, signal, clock: systemClock });
  for await (const batch of scan) items.push(...batch);
  return sorted(items);
}

export function sorted(items: readonly ScanItem[]): Scanned {
  const findings = items.filter((item) => item.kind === 'finding');
  return {
    items,
    findings,
    problems: items.filter((item) => item.kind === 'problem'),
    walked: items.find((item) => item.kind === 'walked'),
    summary: items.find((item) => item.kind === 'finished'),
    due: findings.map(({ decision, name }) => `${decision.action} ${name}`),
  };
}
