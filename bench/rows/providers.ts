import { ofEachBuild, rcloneToProvider } from '../contender.js';
import { hold } from '../contest.js';
import { type Provider, toProvider } from '../longshore.js';
import type { Row } from '../row.js';
import type { TreeSize } from '../tree.js';

const SMALL: TreeSize = { files: 10_000, bytes: 4096 };
const BIG: TreeSize = { files: 8, bytes: 256 * 2 ** 20 };

const TITLES: Readonly<Record<Provider, string>> = {
  azure: 'Azure Blob Storage',
  google: 'Google Cloud Storage',
  b2: 'Backblaze B2',
};
const TRANSFERS = ['16', '64'];

const row = (
  provider: Provider,
  kind: 'small' | 'big',
  what: string,
  source: TreeSize,
  cpu: number,
): Row => {
  const peers = TRANSFERS.map((transfers) =>
    rcloneToProvider(provider, `rclone, ${transfers} transfers`, '--transfers', transfers),
  );
  return {
    name: `mirror-${kind}-${provider}`,
    title: `first mirror of ${what} to ${TITLES[provider]}`,
    targets: [
      { subject: 'longshore', figure: 'cpu', atMost: cpu, of: peers.map(({ name }) => name) },
    ],
    run: (bench) =>
      hold(bench, {
        source,
        to: { api: provider, trustsDigests: kind === 'big' },
        work: 'first',
        rounds: 3,
        contenders: [
          ...ofEachBuild(bench.builds, 'longshore', (build, place) =>
            toProvider(provider, build, place, ['--reconcile']),
          ),
          ...peers,
        ],
      }),
  };
};

/** Each over a server that is as light as that of S3. */
export const providers: readonly Row[] = (['azure', 'google', 'b2'] as const).flatMap(
  (provider) => [
    row(provider, 'small', '10,000 files of 4 KiB', SMALL, 0.6),
    row(provider, 'big', '8 files of 256 MiB, whose digests the server believes,', BIG, 0.5),
  ],
);
