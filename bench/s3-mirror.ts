// The whole program over S3 against rclone, aws-cli and s3cmd as Debian packages them, in the same run, on a loopback sink:
// npm run bench -- s3-mirror [ROUNDS] [small|large|same]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTree } from '../test/world/tree.js';
import { report, type Timing, time } from './comparison.js';
import { startSink } from './start-sink.js';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const MIB = 2 ** 20;
const rounds = Number(process.argv[2] ?? 3);
const only = process.argv[3];

/** Where a run happens: `source` in the folder, the sink on the port. Each container is empty at first. */
interface Place {
  readonly folder: string;
  readonly port: number;
}

type Tool = (place: Place, container: string) => Timing;

async function withPlace(
  files: number,
  bytes: number,
  work: (place: Place) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  const sink = await startSink();
  try {
    makeTree(join(folder, 'source'), files, 100, bytes);
    work({ folder, port: sink.port });
  } finally {
    sink.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

// Without a lease, since the sink keeps no content that could be read back; the others take none either.
const longshore: Tool = ({ folder, port }, container) => {
  const file = join(folder, `${container}.yaml`);
  const target = `{ driver: s3, profile: aws, host: 127.0.0.1, port: ${port}, secure: false, region: us-east-1, key: bench, secret: bench }`;
  writeFileSync(
    file,
    `state: ./state-${container}
log: { level: error }
targets:
  sink: ${target}
mirrors:
  - { name: bench, source: ./source, target: sink, container: ${container}, lease: 0 }
`,
    { mode: 0o600 },
  );
  return time([process.execPath, MAIN, '--config', file, '--reconcile']);
};

/** Debian's programs, whatever else is on the path, with no settings of the user's. */
const peerEnv = (folder: string) => ({
  PATH: '/usr/bin:/bin',
  HOME: folder,
  LANG: 'C.UTF-8',
  AWS_CONFIG_FILE: join(folder, 'aws.config'),
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});

const rclone =
  (...flags: readonly string[]): Tool =>
  ({ folder, port }, container) => {
    const remote = `:s3,provider=Other,access_key_id=bench,secret_access_key=bench,endpoint="http://127.0.0.1:${port}",region=us-east-1:${container}`;
    const args = ['--config', '/dev/null', join(folder, 'source'), remote, '--quiet', ...flags];
    return time(['rclone', 'sync', ...args], peerEnv(folder));
  };

const aws: Tool = ({ folder, port }, container) => {
  writeFileSync(join(folder, 'aws.config'), '[default]\ns3 =\n  max_concurrent_requests = 32\n');
  const args = ['--endpoint-url', `http://127.0.0.1:${port}`, 's3', 'sync', '--only-show-errors'];
  return time(['aws', ...args, join(folder, 'source'), `s3://${container}`], peerEnv(folder));
};

const s3cmd: Tool = ({ folder, port }, container) => {
  const config = join(folder, 's3cmd.config');
  const host = `127.0.0.1:${port}`;
  writeFileSync(
    config,
    `[default]\naccess_key = bench\nsecret_key = bench\nhost_base = ${host}\nhost_bucket = ${host}\nuse_https = False\n`,
  );
  return time(
    ['s3cmd', '-c', config, '--quiet', 'sync', `${join(folder, 'source')}/`, `s3://${container}/`],
    peerEnv(folder),
  );
};

/** Each tool in turn, in each round: what else the machine does meets all of them alike. */
function compare(
  place: Place,
  tools: Readonly<Record<string, Tool>>,
  containerFor: (round: number, tool: number) => string,
) {
  const runs: Record<string, Timing[]> = {};
  for (let round = 0; round < rounds; round += 1)
    for (const [at, [name, tool]] of Object.entries(tools).entries()) {
      runs[name] ??= [];
      runs[name].push(tool(place, containerFor(round, at)));
    }
  return runs;
}

const fresh = (round: number, tool: number) => `bench-${round}-${tool}`;

const parts: Readonly<Record<string, () => Promise<void>>> = {
  small: () =>
    withPlace(10_000, 4096, (place) => {
      const tools = {
        'longshore --reconcile': longshore,
        'rclone --transfers 16': rclone('--transfers', '16'),
        'aws s3 sync': aws,
        s3cmd,
      };
      report('first mirror of 10,000 files of 4 KiB', compare(place, tools, fresh));
    }),
  large: () =>
    withPlace(8, 256 * MIB, (place) => {
      const tools = {
        'longshore --reconcile': longshore,
        'aws s3 sync, 32 requests': aws,
        'rclone sync': rclone(),
      };
      report('first mirror of 8 files of 256 MiB', compare(place, tools, fresh));
    }),
  same: () =>
    withPlace(100_000, 16, (place) => {
      longshore(place, 'bench');
      const tools = {
        'longshore --reconcile': longshore,
        'rclone sync': rclone(),
        'rclone sync --size-only': rclone('--size-only'),
        'rclone sync --fast-list': rclone('--fast-list'),
        'rclone, both': rclone('--size-only', '--fast-list'),
      };
      report(
        'nothing to do: 100,000 objects, both sides compared',
        compare(place, tools, () => 'bench'),
      );
    }),
};

for (const [name, run] of Object.entries(parts))
  if (only === undefined || only === name) await run();
