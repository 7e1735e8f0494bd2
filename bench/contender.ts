import type { Build, Provider } from './longshore.js';
import type { Command } from './timing.js';

/** Where one program works in one run. */
export interface Place {
  /** The folder to mirror. */
  readonly source: string;
  /** Configuration and state, on a fresh file system; a folder's copy is in `target/copy` below it. */
  readonly folder: string;
  /** The port of the server, for rows that mirror to one. */
  readonly port: number;
  /** The bucket of this run. */
  readonly bucket: string;
}

/** One program that takes part in a row. */
export interface Contender {
  readonly name: string;
  /** The program that must be on this machine; longshore itself always is. */
  readonly program: string;
  /** Writes what the program needs into the folder, and returns its command. */
  command(place: Place): Command;
  /** The command that makes the copy that the measured runs find. Absent: `command`, once. */
  prepare?(place: Place): Command;
  /** What happens, unmeasured, before each measured run that is to find nothing to do. */
  before?(place: Place): void;
  /** True: makes no copy. */
  readonly readsOnly?: true;
  /** What is wrong with what a measured run did instead of a copy; undefined: nothing. */
  check?(place: Place): string | undefined;
}

/** Where a program puts the copy of the source when the target is a folder. */
export const copyOf = (place: Place): string => `${place.folder}/target/copy`;

const rclone = (...argv: readonly string[]): Command => ({
  argv: ['rclone', 'sync', '--config', '/dev/null', ...argv],
});

/** Programs that copy a folder to a folder. */
export const FOLDER_PEERS = {
  rclone: {
    name: 'rclone',
    program: 'rclone',
    command: (place) => rclone(place.source, copyOf(place)),
  },
  rsync: {
    name: 'rsync -a',
    program: 'rsync',
    command: (place) => ({
      argv: ['rsync', '-a', '--delete', `${place.source}/`, `${copyOf(place)}/`],
    }),
  },
  cp: {
    name: 'cp -r',
    program: 'cp',
    command: (place) => ({ argv: ['cp', '-r', place.source, copyOf(place)] }),
  },
} as const satisfies Readonly<Record<string, Contender>>;

/** `find` that reads of each file what a scan reads. */
export const FIND: Contender = {
  name: 'find -printf',
  program: 'find',
  readsOnly: true,
  command: ({ source }) => ({
    argv: ['find', source, '-type', 'f', '-printf', '%s %T@ %C@ %i %p\\n'],
  }),
};

/** The bucket of a run, in rclone's words. */
const remote = (place: Place): string =>
  `:s3,provider=Other,access_key_id=bench,secret_access_key=bench,endpoint="http://127.0.0.1:${place.port}",region=us-east-1:${place.bucket}`;

/** rclone to the S3 server, with flags of its own. */
export function rcloneToS3(name: string, ...flags: readonly string[]): Contender {
  return {
    name,
    program: 'rclone',
    command: (place) => rclone(...flags, place.source, remote(place)),
  };
}

/** The bucket of a run at the server with a provider's API, in rclone's words. */
const PROVIDER_REMOTES: Readonly<Record<Provider, (place: Place) => string>> = {
  azure: ({ port, bucket }) =>
    `:azureblob,use_emulator=true,account=bench,key="YmVuY2g=",endpoint="http://127.0.0.1:${port}/bench":${bucket}`,
  google: ({ port, bucket }) =>
    `:gcs,anonymous=true,bucket_policy_only=true,endpoint="http://127.0.0.1:${port}/storage/v1/":${bucket}`,
  b2: ({ port, bucket }) =>
    `:b2,account=bench,key=bench,endpoint="http://127.0.0.1:${port}":${bucket}`,
};

/** rclone to the server with a provider's API, with flags of its own. */
export function rcloneToProvider(
  provider: Provider,
  name: string,
  ...flags: readonly string[]
): Contender {
  return {
    name,
    program: 'rclone',
    command: (place) => rclone(...flags, place.source, PROVIDER_REMOTES[provider](place)),
  };
}

/** rclone from the S3 server to a folder. */
export function rcloneFromS3(name: string, ...flags: readonly string[]): Contender {
  return {
    name,
    program: 'rclone',
    command: (place) => rclone(...flags, remote(place), copyOf(place)),
  };
}

/** rclone, which reads all of a bucket with a command of this name and these arguments; `$SOURCE` is the folder. */
export function rcloneReadsS3(
  name: string,
  checkers: number,
  ...[command, ...args]: readonly [string, ...string[]]
): Contender {
  return {
    name,
    program: 'rclone',
    command: (place) => ({
      argv: [
        ...['rclone', command, '--config', '/dev/null', '--checkers', String(checkers)],
        ...args.map((each) => (each === '$SOURCE' ? place.source : each)),
        remote(place),
      ],
    }),
  };
}

/** The keys of the S3 server, where the AWS tools look for them. */
export const AWS_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** aws-cli to the S3 server, with 32 requests at once. */
export const AWS_TO_S3: Contender = {
  name: 'aws s3 sync',
  program: 'aws',
  command: ({ source, port, bucket }) => ({
    argv: [
      ...['aws', '--endpoint-url', `http://127.0.0.1:${port}`, 's3', 'sync', '--only-show-errors'],
      ...[source, `s3://${bucket}`],
    ],
    env: AWS_ENVIRONMENT,
  }),
};

/**
 * Returns a contender for each build. `command` and `prepare` are what the build does; the builds behind the first have their
 * label in the name.
 */
export function ofEachBuild(
  builds: readonly Build[],
  name: string,
  command: (build: Build, place: Place) => Command,
  prepare: (build: Build, place: Place) => Command = command,
): Contender[] {
  return builds.map((build) => ({
    name: build.label === '' ? name : `${name} (${build.label})`,
    program: 'longshore',
    command: (place) => command(build, place),
    prepare: (place) => prepare(build, place),
  }));
}
