import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './contender.js';
import { commandText } from './subjects.js';
import type { Command } from './timing.js';

/** One build of longshore. */
export interface Build {
  /** The name of another build; empty for the one that is measured. */
  readonly label: string;
  /** Path of its main.js. */
  readonly main: string;
}

/** What a row sets beyond the least configuration that works. */
export interface Settings {
  /** Of a folder: whether an object counts as stored once it is safe from a loss of power. */
  readonly fsync?: boolean;
  /** Lines of the target, for example `concurrency: 1`. */
  readonly target?: string;
  /** Lines of the mirror, for example `settle: 0`. */
  readonly mirror?: string;
  /** `queue:` and what it has, as lines of the configuration. */
  readonly queue?: string;
}

/** Writes a configuration that mirrors the source to a folder, and returns the command with these arguments. */
export function toFolder(
  build: Build,
  place: Place,
  args: readonly string[],
  { fsync = false, ...settings }: Settings = {},
): Command {
  mkdirSync(join(place.folder, 'target'), { recursive: true });
  const target = `driver: local, root: ./target, fsync: ${fsync}`;
  return configured(build, place, target, 'copy', args, settings);
}

/** Writes a configuration that mirrors the source to the S3 server, and returns the command with these arguments. */
export function toS3(
  build: Build,
  place: Place,
  args: readonly string[],
  settings: Settings = {},
): Command {
  const target = `driver: s3, profile: aws, host: 127.0.0.1, port: ${place.port}, secure: false, region: us-east-1, key: bench, secret: bench`;
  return configured(build, place, target, place.bucket, args, settings);
}

/** The same for a daemon with workers, and for these, which reach the server and the queue at an address of this machine. */
export function withWorkers(
  build: Build,
  place: Place,
  address: string,
  queue: string,
  args: readonly string[],
): Command {
  const at = `profile: aws, host: ${address}, port: ${place.port}, secure: false, region: us-east-1`;
  const target = `driver: s3, ${at}, key: bench, secret: bench`;
  const mirror = 'workers: true, settle: 0';
  const file = configured(build, place, target, place.bucket, args, {
    mirror,
    queue: `log: { level: debug, repeats: 0 }\n${queue}`,
  });
  return { argv: [...file.argv, '--log-json'] };
}

/** A provider other than S3 that the bench has a server for. */
export type Provider = 'azure' | 'google' | 'b2';

const PROVIDERS: Readonly<Record<Provider, string>> = {
  azure: 'driver: azure_blobs, key: bench, secret: YmVuY2g=',
  google: 'driver: google_storage, auth: anonymous, project: bench',
  b2: 'driver: backblaze_b2, key: bench, secret: bench',
};

/** The same for the server with a provider's API. */
export function toProvider(
  provider: Provider,
  build: Build,
  place: Place,
  args: readonly string[],
): Command {
  const target = `${PROVIDERS[provider]}, host: 127.0.0.1, port: ${place.port}, secure: false`;
  return configured(build, place, target, place.bucket, args, {});
}

function configured(
  { main }: Build,
  { folder, source }: Place,
  target: string,
  container: string,
  args: readonly string[],
  settings: Omit<Settings, 'fsync'>,
): Command {
  const more = (lines: string | undefined) => (lines === undefined ? '' : `, ${lines}`);
  const file = join(folder, 'longshore.yaml');
  writeFileSync(
    file,
    `state: ./state
${settings.queue ?? ''}targets:
  bench: { ${target}${more(settings.target)} }
mirrors:
  - { name: bench, source: ${JSON.stringify(source)}, target: bench, container: ${container}${more(settings.mirror)} }
`,
    { mode: 0o600 },
  );
  return { argv: [process.execPath, main, '--config', file, ...args] };
}

/** Returns a command as a reader may repeat it: with names instead of the paths of the run, and of this build. */
export function shownCommand(
  argv: readonly string[],
  { source, folder, port }: Place,
  { main }: Build,
): string {
  return commandText(argv, {
    longshore: `${process.execPath} ${main}`,
    $SOURCE: source,
    $FOLDER: folder,
    $S3: port === 0 ? '' : `127.0.0.1:${port}`,
  });
}
