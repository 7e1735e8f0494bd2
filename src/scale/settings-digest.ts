import { createHash } from 'node:crypto';
import type { MirrorConfig, TargetConfig } from '../config/config.js';
import { Secret } from '../config/secret.js';

/**
 * Settings of a driver that say how this machine reaches the target, not what is stored there: two machines may differ in
 * them. That they reach the same container is proved by its lease.
 */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  'aws_profile',
  'ca_file',
  'client_certificate',
  'connect_timeout',
  'connections',
  'create',
  'credentials_file',
  'federated_token_file',
  'root',
  'timeout',
  'verify_tls',
]);

/**
 * Digests of what the objects of a mirror depend on, by group, so that two processes can find out whether they would store
 * the same, and what differs. No secret is in them.
 */
export function settingsDigest(
  mirror: MirrorConfig,
  target: TargetConfig,
): Readonly<Record<string, string>> {
  const { container, prefix, symlinks, folders, hardlinks, metadata, headers } = mirror;
  const { driver, settings, multipartThreshold, partSize } = target;
  const { headers: targetHeaders, ...rest } = isPlain(settings) ? settings : {};
  const groups = {
    'container and prefix': { container, prefix },
    'driver and settings of the target': { driver, settings: withoutMachine(rest) },
    'headers of the mirror and the target': { headers, targetHeaders },
    'symlinks, folders, hardlinks and metadata': { symlinks, folders, hardlinks, metadata },
    'multipart_threshold and part_size': { multipartThreshold, partSize },
  };
  return Object.fromEntries(
    Object.entries(groups).map(([group, value]) => [group, digestOf(value)]),
  );
}

/** The groups that are not the same in both, for a person; empty: all are. */
export function differingGroups(
  ours: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, string>>,
): readonly string[] {
  const groups = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...groups].filter((group) => ours[group] !== theirs[group]);
}

function withoutMachine(
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !OF_THE_MACHINE.has(key)));
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

/** JSON with sorted keys. A secret counts only as something that is there. */
function canonical(value: unknown): string {
  if (value instanceof Secret) return '"secret"';
  if (value instanceof Set) return canonical([...value].sort());
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
