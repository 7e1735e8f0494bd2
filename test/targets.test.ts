import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import type { TargetConfig } from '../src/config/config.js';
import { findDriver } from '../src/drivers/registry/registry.js';
import { type Fields, silentLogger } from '../src/log.js';
import { NEVER_ABORTED } from '../src/signal.js';
import { openLedger } from '../src/state/ledger-file.js';
import { detect } from '../src/targets.js';
import { settingsOf } from './drivers/s3/open.js';
import { temporaryFolder } from './world/folder.js';

/** A target at a provider that calls itself so. */
async function targetOf(server: string): Promise<TargetConfig> {
  const provider = createServer((_, response) => response.writeHead(403, { server }).end());
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const { port } = provider.address() as AddressInfo;
  const settings = settingsOf({ host: '127.0.0.1', port, secure: false, key: 'a', secret: 'b' });
  return {
    name: 'cloud',
    driver: 's3',
    settings,
    concurrency: undefined,
    bandwidth: undefined,
    requestRate: undefined,
    multipartThreshold: 1,
    partSize: undefined,
  };
}

test.each([
  ['MinIO', /^minio at/, []],
  ['nginx', /^$/, ['S3 provider not recognised: the generic profile is used']],
])(
  'a daemon whose provider answers as %s records the provider, or warns that none was detected',
  async (server, expected, warnings) => {
    const folder = temporaryFolder('targets');
    const ledger = await openLedger(folder, 'm');
    const warned: { event: string; fields: Fields | undefined }[] = [];
    const log = {
      ...silentLogger,
      warn: (event: string, fields?: Fields) => void warned.push({ event, fields }),
    };
    const found = await detect(
      await targetOf(server),
      ledger,
      { clock: systemClock, log, findDriver },
      NEVER_ABORTED,
    );
    expect(found ?? '').toMatch(expected);
    expect(ledger.read().found).toBe(found);
    expect(warned.map(({ event }) => event)).toEqual(warnings);
    for (const { fields } of warned) expect(fields).toMatchObject({ target: 'cloud' });
    await ledger.close();
  },
);
