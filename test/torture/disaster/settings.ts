import { configText } from '../../world/config-text.js';
import type { Vault, VaultKind } from './vault.js';

/** How the mirror of one round is configured. */
export interface Settings {
  readonly deletes: 'mirror' | 'trash';
  /** Whether the container keeps versions. */
  readonly versions: boolean;
  readonly prefix: '' | 'laptop/';
  readonly watch: 'chokidar' | 'directories' | 'scan';
  readonly index: 'lmdb' | 'lowdb';
  /** Whether both machines keep a copy of the index in the container. */
  readonly snapshots: boolean;
  readonly metadata: '[mtime, mode]' | '[mtime, mode, md5]';
  /** Content of the first machine goes out so slowly that it dies amid large files. */
  readonly slow: boolean;
}

export function chooseSettings(
  random: () => number,
  keepsVersions: VaultKind['keepsVersions'],
): Settings {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return {
    deletes: pick(['mirror', 'trash']),
    versions: keepsVersions === 'always' || (keepsVersions === 'as asked' && random() < 0.5),
    prefix: pick(['', 'laptop/']),
    watch: pick(['chokidar', 'directories', 'scan']),
    index: pick(['lmdb', 'lmdb', 'lowdb']),
    snapshots: random() < 0.4,
    metadata: pick(['[mtime, mode]', '[mtime, mode, md5]']),
    slow: random() < 0.6,
  };
}

const BANDWIDTH = '8MiB/s';

/** The configuration of the machine that dies. */
export function firstConfiguration(vault: Vault, settings: Settings): string {
  const { watch, index, slow } = settings;
  const target = slow ? { ...vault.target, bandwidth: BANDWIDTH } : vault.target;
  const more = `    settle_limit: 200ms
    watch: ${watch}
    rescan: ${watch === 'scan' ? '1s' : '1h'}
    index: ${index}
    guard: off
`;
  return configuration(target, vault, settings, './source', more);
}

/** A new configuration on another machine, with the restored folder as its source. What it need not say is as by default. */
export function secondConfiguration(vault: Vault, settings: Settings, source: string): string {
  return configuration(vault.target, vault, settings, source, '');
}

/** A configuration with nothing but a target, `vault`, by which a container can be restored. */
export function targetAlone({ target }: Vault): string {
  return `targets:\n  vault: ${JSON.stringify(target)}\n`;
}

function configuration(
  target: unknown,
  { container }: Vault,
  { deletes, prefix, metadata, snapshots }: Settings,
  source: string,
  more: string,
): string {
  return configText({
    state: './state',
    top: 'log: { level: debug }\n',
    targetName: 'vault',
    // Every JSON text is a YAML value.
    target: JSON.stringify(target),
    source,
    container,
    mirror: `${prefix === '' ? '' : `    prefix: ${prefix}\n`}    symlinks: preserve
    deletes: ${deletes}
    metadata: ${metadata}
${snapshots ? '    index_snapshot: 1h\n' : ''}${more}`,
  });
}

/** For messages. */
export function settingsText(settings: Settings): string {
  const { versions, slow, snapshots, prefix, ...others } = settings;
  const texts = Object.entries(others).map(([key, value]) => `${key} ${value}`);
  return [
    ...texts,
    ...(versions ? ['versions'] : []),
    ...(slow ? ['slow'] : []),
    ...(snapshots ? ['index snapshots'] : []),
    ...(prefix === '' ? [] : [`prefix ${prefix}`]),
  ].join(', ');
}
