import type { Backend } from '../../../src/drivers/backend.js';
import type { ListedUpload } from '../../../src/drivers/capabilities.js';
import type { AbandonedUpload } from '../../../src/state/ledger.js';
import { createOrphans, type Orphans } from '../../../src/sync/uploads/orphans.js';
import type { UnfinishedUploads } from '../../../src/sync/uploads/unfinished-uploads.js';

export const signal: AbortSignal = new AbortController().signal;
export const MINUTE = 60_000;
export const noneHas = () => false;

export interface Scene {
  readonly listed?: readonly ListedUpload[];
  readonly abandoned?: readonly AbandonedUpload[];
  /** Names of objects to which an upload may be under way. */
  readonly underWay?: readonly string[];
  /** What a request of an abort does beyond being noted. */
  readonly onAbort?: (opaque: string) => void;
  readonly onList?: () => void;
  readonly onSettled?: () => void;
  readonly canSendParts?: boolean;
}

export interface Seen {
  readonly orphans: Orphans;
  readonly aborted: string[];
  readonly settled: string[];
  readonly abandonedNames: string[];
  readonly prefixes: string[];
  readonly listener: string[];
}

export const listed = (key: string, more: Partial<ListedUpload> = {}): ListedUpload => ({
  driver: 'memory',
  container: 'c',
  key,
  opaque: `listed ${key}`,
  ...more,
});

export function scene({
  listed: uploads = [],
  abandoned = [],
  underWay = [],
  onAbort,
  onList,
  onSettled,
  canSendParts = true,
}: Scene): Seen {
  const aborted: string[] = [];
  const settled: string[] = [];
  const abandonedNames: string[] = [];
  const prefixes: string[] = [];
  const listener: string[] = [];
  const multipart = {
    async unfinished(_container: string, prefix: string) {
      prefixes.push(prefix);
      onList?.();
      return uploads.filter(({ key }) => key.startsWith(prefix));
    },
    async abort({ opaque }: ListedUpload) {
      onAbort?.(opaque);
      aborted.push(opaque);
    },
  };
  const backend = {
    name: 'memory',
    capabilities: canSendParts ? { multipart } : {},
  } as unknown as Backend;
  const ledgered = {
    abandoned: () => abandoned,
    isIdle: (name: string) => !underWay.includes(name),
    async abandon(names: Iterable<string>) {
      abandonedNames.push(...names);
    },
    async settled(done: readonly AbandonedUpload[]) {
      settled.push(...done.map(({ name }) => name));
      onSettled?.();
    },
  } as unknown as UnfinishedUploads;
  const report = (what: string) => void listener.push(what);
  const log = { error: report, warn: report, info: report, debug: report } as never;
  const orphans = createOrphans({ backend, container: 'c', prefix: 'p/', uploads: ledgered, log });
  return { orphans, aborted, settled, abandonedNames, prefixes, listener };
}

export const known = (name: string, driver = 'memory'): AbandonedUpload => ({
  name,
  beganAtMs: 0,
  token: { driver, container: 'c', key: `p/${name}`, opaque: `known ${name}` },
});
