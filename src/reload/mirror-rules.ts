import type { MirrorConfig } from '../config/config.js';
import type { RiskKind } from './risk.js';

/** What a change of one setting of a mirror does. */
export interface MirrorRule {
  /** As the configuration file names it. */
  readonly name: string;
  /**
   * `restart`: this mirror ends and begins again, with a scan. `alerts`: the mirror goes on, only its messages are others. `new
   * folder`: it matters where the source is not there, when a mirror is opened.
   */
  readonly does: 'restart' | 'alerts' | 'new folder';
  /** Undefined: the change destroys nothing. */
  readonly risk?: (before: MirrorConfig, after: MirrorConfig) => RiskKind | undefined;
}

const always = (kind: RiskKind) => () => kind;

/** Every setting of a mirror. The compiler asks for a row when a setting is added. */
export const MIRROR_RULES: Readonly<Record<Exclude<keyof MirrorConfig, 'name'>, MirrorRule>> = {
  source: { name: 'source', does: 'restart', risk: always('source') },
  createSource: { name: 'create_source', does: 'new folder' },
  target: { name: 'target', does: 'restart' },
  workers: { name: 'workers', does: 'restart' },
  container: { name: 'container', does: 'restart' },
  prefix: { name: 'prefix', does: 'restart' },
  exclude: { name: 'exclude', does: 'restart', risk: always('filter') },
  include: { name: 'include', does: 'restart', risk: always('filter') },
  watch: { name: 'watch', does: 'restart' },
  chokidarLimit: { name: 'chokidar_limit', does: 'restart' },
  settleMs: { name: 'settle', does: 'restart' },
  settleLimitMs: { name: 'settle_limit', does: 'restart' },
  rescanMs: { name: 'rescan', does: 'restart' },
  reconcileMs: { name: 'reconcile', does: 'restart' },
  maxLagMs: { name: 'max_lag', does: 'restart' },
  heartbeat: { name: 'heartbeat', does: 'alerts' },
  verify: { name: 'verify', does: 'restart' },
  leaseMs: { name: 'lease', does: 'restart' },
  deletes: {
    name: 'deletes',
    does: 'restart',
    risk: (before, after) => deletesRisk(before.deletes, after.deletes),
  },
  trashPrefix: { name: 'trash_prefix', does: 'restart', risk: always('trash') },
  trashKeepMs: {
    name: 'trash_keep',
    does: 'restart',
    risk: (before, after) =>
      withoutEnd(after.trashKeepMs) < withoutEnd(before.trashKeepMs) ? 'trash' : undefined,
  },
  guard: { name: 'guard', does: 'restart', risk: always('guard') },
  overwrite: {
    name: 'overwrite',
    does: 'restart',
    risk: (_, { overwrite }) => (overwrite === 'always' ? 'overwrite' : undefined),
  },
  extraneous: {
    name: 'extraneous',
    does: 'restart',
    risk: (_, { extraneous }) => (extraneous === 'delete' ? 'extraneous' : undefined),
  },
  symlinks: { name: 'symlinks', does: 'restart', risk: always('links') },
  folders: {
    name: 'folders',
    does: 'restart',
    risk: (_, { folders }) => (folders === 'skip' ? 'folders' : undefined),
  },
  hardlinks: { name: 'hardlinks', does: 'restart' },
  headers: { name: 'headers', does: 'restart' },
  inventory: { name: 'listing', does: 'restart' },
  indexSnapshot: { name: 'index_snapshot', does: 'restart' },
  metadata: { name: 'metadata', does: 'restart' },
  index: { name: 'index', does: 'restart' },
};

/** What was kept is deleted once deletes are made; what is deleted for good is in no trash any more. */
function deletesRisk(
  before: MirrorConfig['deletes'],
  after: MirrorConfig['deletes'],
): RiskKind | undefined {
  if (before === 'keep') return 'kept';
  return before === 'trash' && after === 'mirror' ? 'trash' : undefined;
}

/** 0 is without end. */
function withoutEnd(ms: number): number {
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
