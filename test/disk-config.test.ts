import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownDrivers } from '../src/cli/drivers.js';
import { loadConfig } from '../src/config/load.js';
import { createDiskConfig } from '../src/disk-config.js';
import { silentLogger } from '../src/log.js';
import { shownSettings } from '../src/shown-settings.js';
import { fakeClock } from './fakes/clock.js';
import { temporaryFolder } from './world/folder.js';

const TEXT = (more = '', key = 'first-secret-key') => `targets:
  cloud: { driver: s3, key: an-account, secret: ${key}, region: us-east-1 }
mirrors:
  - name: documents
    source: ./source
    target: cloud
    container: documents
${more}`;

async function rig() {
  const folder = temporaryFolder('disk-config');
  const file = join(folder, 'longshore.yaml');
  const write = (text: string) => writeFileSync(file, text);
  write(TEXT());
  const readConfig = () => loadConfig(file, { cwd: folder, env: {}, drivers: knownDrivers });
  let loaded = await readConfig();
  const clock = fakeClock();
  const config = () => loaded;
  const shown = shownSettings(config, { clock, log: silentLogger });
  await shown.written();
  const disk = createDiskConfig({ config, readConfig, shown, clock, log: silentLogger });
  return {
    file,
    write,
    clock,
    disk,
    shown,
    async reload() {
      loaded = await readConfig();
      shown.renew();
      disk.renew();
      await shown.written();
    },
  };
}

test('configuration on disk: is the one that is loaded until its text is another one', async () => {
  const { disk, write } = await rig();
  expect(await disk.compare()).toMatchObject({ valid: true, differs: [], differsSinceMs: null });
  write(TEXT('    settle: 2s\n'));
  const { differs, digest, ...rest } = await disk.compare();
  expect(differs).toEqual([
    {
      setting: 'mirrors.documents.settle',
      at: 'longshore.yaml:8',
      loaded: expect.any(String),
      disk: '2s',
    },
  ]);
  expect(rest).toMatchObject({ valid: true, complaints: [], differsSinceMs: expect.any(Number) });
  write(TEXT());
  const { digest: again } = await disk.compare();
  expect(again).not.toBe(digest);
});

test('configuration on disk: settings that go, and mirrors that come, are differences; defaults are none', async () => {
  const { disk, write, reload } = await rig();
  write(TEXT('    settle: 2s\n'));
  await reload();
  const more = '  - { name: music, source: ./music, target: cloud, container: music }\n';
  write(TEXT(more));
  const { differs } = await disk.compare();
  const byName = new Map(differs.map(({ setting, ...values }) => [setting, values]));
  expect(byName.get('mirrors.music.source')).toMatchObject({ loaded: null, disk: './music' });
  expect(byName.get('mirrors.documents.settle')).toMatchObject({ loaded: '2s' });
  expect([...byName.keys()].filter((name) => name.startsWith('mirrors.music'))).toHaveLength(4);
});

test('P9: configuration on disk: another secret is a difference, and neither of them is shown', async () => {
  const { disk, write } = await rig();
  write(TEXT('', 'second-secret-key'));
  const compared = await disk.compare();
  expect(compared.differs).toEqual([
    {
      setting: 'targets.cloud.secret',
      at: 'longshore.yaml:2',
      loaded: '[secret]',
      disk: '[secret]',
    },
  ]);
  expect(JSON.stringify(compared)).not.toMatch(/(first|second)-secret/);
});

test('configuration on disk: what is wrong with it comes as lines, and counts as no difference', async () => {
  const { disk, write, file } = await rig();
  write(TEXT('    settel: 2s\n'));
  expect(await disk.compare()).toMatchObject({
    valid: false,
    digest: null,
    differs: [],
    complaints: [expect.stringMatching(/longshore\.yaml:8:5 {2}mirrors\[0\].*settel/)],
    differsSinceMs: expect.any(Number),
  });
  rmSync(file);
  expect(await disk.compare()).toMatchObject({ valid: false, complaints: [expect.any(String)] });
});

test('configuration on disk: a look each minute finds what differs, and that it does not any more', async () => {
  const { disk, write, clock, reload } = await rig();
  expect(disk.difference()).toBe(undefined);
  write(TEXT('    settle: 2s\n'));
  await clock.advance(60_000);
  await expect.poll(() => disk.difference()).toMatchObject({ valid: true });
  await reload();
  expect(disk.difference()).toBe(undefined);
  await clock.advance(60_000);
  write(TEXT('    settle: 2s\n# a comment\n'));
  await clock.advance(60_000);
  await disk.compare();
  expect(disk.difference(), 'only a comment').toBe(undefined);
  await disk.close();
});

test('configuration on disk: a file that was changed right after it was loaded has no settings to show', async () => {
  const { shown, write, reload } = await rig();
  await reload();
  expect((await shown.read()).settings.length).toBeGreaterThan(5);
  write(TEXT('    settle: 9s\n'));
  shown.renew();
  expect((await shown.read()).settings).toEqual([]);
});
