import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser } from '../browser/browser.js';
import { hasPrometheus } from '../metrics/prometheus-server.js';
import { bootHost, checkout, type Host, noSystemd } from '../systemd/host.js';
import { firstDay } from './first-day.js';
import { noImages, tryImage } from './image.js';

const run = promisify(execFile);
const NEXT_VERSION = '0.1.1';
let folder: string;
let out: string;

/** Makes the packages of a checkout, and returns their names. */
async function makePackages(
  of: string,
  into: string,
  version?: string,
): Promise<readonly string[]> {
  const named = version === undefined ? [] : ['--version', version];
  const { stdout } = await run(
    process.execPath,
    ['dist/packaging/main.js', '--out', into, ...named],
    { cwd: of, env: { ...process.env, SOURCE_DATE_EPOCH: '1790000000' } },
  );
  return stdout.trim().split('\n');
}

const debianOf = (names: readonly string[]) => {
  const found = names.find((name) => name.endsWith('.deb'));
  if (found === undefined) throw new Error('no Debian package was made');
  return found;
};

beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/longshore-packages-');
  out = join(folder, 'out');
  await makePackages(checkout, out);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a build in another folder, with another umask and time zone, gives the same bytes', async () => {
  const other = join(folder, 'elsewhere', 'checkout');
  await mkdir(other, { recursive: true });
  // What git keeps or would keep: the checkout without what was built in it.
  await run(
    'sh',
    [
      '-c',
      `git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t ${other}`,
    ],
    { cwd: checkout },
  );
  await run('cp', ['-a', join(checkout, 'node_modules'), other]);
  const env = { ...process.env, TZ: 'Asia/Kathmandu', LANG: 'C' };
  await run('sh', ['-c', 'umask 077 && npm run --silent build'], { cwd: other, env });
  const again = join(folder, 'again');
  await run('sh', ['-c', `umask 077 && node dist/packaging/main.js --out ${again}`], {
    cwd: other,
    env: { ...env, SOURCE_DATE_EPOCH: '1790000000' },
  });
  expect(await readdir(again)).toEqual(await readdir(out));
  expect(readFileSync(join(again, 'SHA256SUMS'), 'utf8')).toBe(
    readFileSync(join(out, 'SHA256SUMS'), 'utf8'),
  );
}, 600_000);

test('the checksums and the bill of materials are those of the packages', async () => {
  await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out });
  const bill = JSON.parse(
    readFileSync(
      join(out, readdirSync(out).find((name) => name.endsWith('.cdx.json')) ?? ''),
      'utf8',
    ),
  ) as { bomFormat: string; components: { name: string }[] };
  expect(bill.bomFormat).toBe('CycloneDX');
  const named = bill.components.map(({ name }) => name);
  const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(named).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  expect(named).not.toContain('vitest');
});

test('the package for npm is installed without scripts, and mirrors', async () => {
  const tarball = readdirSync(out).find((name) => name.endsWith('.tgz')) ?? '';
  const prefix = join(folder, 'global');
  const flags = ['--global', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, join(out, tarball)], { cwd: folder });
  const installed = JSON.parse(
    readFileSync(join(prefix, 'lib/node_modules/longshore/package.json'), 'utf8'),
  ) as { scripts?: unknown };
  expect(installed.scripts).toBeUndefined();
  const work = join(folder, 'work');
  await mkdir(join(work, 'data'), { recursive: true });
  await writeFile(join(work, 'data', 'a.txt'), 'hello');
  const env = { PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`, HOME: work };
  const longshore = (...words: readonly string[]) => run('longshore', words, { cwd: work, env });
  await longshore('init', '--source', './data', '--to', './containers');
  await longshore('--reconcile');
  expect(readFileSync(join(work, 'containers/data/a.txt'), 'utf8')).toBe('hello');
}, 300_000);

const noDebian =
  noSystemd ?? (existsSync('/usr/bin/mmdebstrap') ? undefined : 'mmdebstrap is not installed');

const noTools =
  noBrowser ?? (hasPrometheus ? undefined : 'prometheus and promtool are not installed');

describe.skipIf(noDebian !== undefined)(
  `the package for Debian${noDebian === undefined ? '' : ` (skipped: ${noDebian})`}`,
  { timeout: 600_000 },
  () => {
    test.skipIf(!existsSync('/usr/bin/lintian'))('lintian finds no error', async () => {
      const names = await readdir(out);
      const path = join(out, debianOf(names));
      const { stdout } = await run('lintian', ['--allow-root', '--fail-on', 'error', path]);
      expect(stdout.split('\n').filter((line) => line.startsWith('E:'))).toEqual([]);
    });

    test('the optional libraries for this machine are in it, and can be loaded from there', async () => {
      const unpacked = join(folder, 'unpacked');
      await run('dpkg-deb', ['-x', join(out, debianOf(await readdir(out))), unpacked]);
      const require = createRequire(join(unpacked, 'usr/lib/longshore/dist/bundle/main.js'));
      const { optionalDependencies } = JSON.parse(
        readFileSync(join(checkout, 'package.json'), 'utf8'),
      ) as { optionalDependencies: Record<string, string> };
      const names = Object.keys(optionalDependencies).filter(
        (name) => !/-linux-/.test(name) || name.endsWith(`-linux-${process.arch}`),
      );
      expect(names.length).toBeGreaterThanOrEqual(2);
      for (const name of names) expect(Object.keys(require(name)), name).not.toEqual([]);
    });

    describe('in a fresh Debian system', () => {
      let root: string;
      let host: Host;

      beforeAll(async () => {
        root = join(folder, 'debian');
        await run('bash', [join(checkout, 'test/packaging/debian-root.sh'), root], {
          maxBuffer: 1 << 26,
        });
        host = await bootHost(root);
      }, 600_000);
      afterAll(() => host?.close());

      const put = async (path: string) => {
        const name = path.split('/').at(-1) ?? '';
        await cp(path, join(root, 'srv', name));
        return `/srv/${name}`;
      };
      const stored = async (name: string) =>
        (await host.run('cat', `/srv/containers/data/${name}`)).stdout;
      const patience = { timeout: 60_000, interval: 200 };

      test('is installed, configured by init, started, upgraded while it runs, removed and purged', async () => {
        const first = await put(join(out, debianOf(await readdir(out))));
        await host.shell(`dpkg --install ${first}`);
        expect(await host.shell('longshore --version')).toBe('0.1.0\n');
        expect((await host.run('systemctl', 'is-active', 'longshore')).stdout.trim()).toBe(
          'inactive',
        );
        expect((await host.shell('stat -c "%a %U %G" /etc/longshore/longshore.yaml')).trim()).toBe(
          '640 root longshore',
        );

        // All units and drop-ins are there, name programs that are, and are understood by the systemd of that release.
        const units = [
          'longshore.service',
          'longshore.socket',
          'longshore-reconcile.timer',
          'longshore-reconcile@data.timer',
          'longshore-reconcile@data.service',
          'longshore-failed@x.service',
        ];
        expect(await host.run('systemd-analyze', 'verify', ...units)).toMatchObject({
          code: 0,
          stderr: '',
        });
        expect(await host.shell('ls /usr/share/doc/longshore/examples')).toBe(
          'dynamic-user.conf\non-failure.conf\nread-all-files.conf\n',
        );

        await host.shell(`
          mkdir -p /srv/data && echo one >/srv/data/a.txt && chmod -R a+rX /srv
          install -d -o longshore /srv/containers
          longshore init /etc/longshore/longshore.yaml --source /srv/data --to /srv/containers`);
        await host.write(
          '/etc/systemd/system/longshore.service.d/target.conf',
          '[Service]\nReadWritePaths=/srv/containers\n',
        );
        await host.shell('systemctl daemon-reload && systemctl enable --now longshore');
        await expect.poll(() => stored('a.txt'), patience).toBe('one\n');
        // The library that carries the fields is part of the package.
        await expect
          .poll(async () => (await host.run('journalctl', 'MIRROR=data')).stdout, patience)
          .toContain('run finished');
        await host.shell('systemctl enable --now longshore-reconcile@data.timer');
        expect((await host.shell('stat -c "%a %U %G" /etc/longshore/longshore.yaml')).trim()).toBe(
          '640 root longshore',
        );

        const before = await host.property('longshore', 'MainPID');
        const inode = await host.shell('stat -c %i /srv/containers/data/a.txt');
        const next = await put(
          debianOf(await makePackages(checkout, join(folder, 'next'), NEXT_VERSION)),
        );
        await host.shell(`dpkg --install ${next}`);
        await expect.poll(() => host.property('longshore', 'MainPID'), patience).not.toBe(before);
        await host.shell('echo two >/srv/data/b.txt');
        await expect.poll(() => stored('b.txt'), patience).toBe('two\n');
        expect(await host.shell('longshore status')).toContain(`longshore ${NEXT_VERSION}`);
        // The index has survived: what was mirrored is not sent again, and the configuration is as it was.
        expect(await host.shell('stat -c %i /srv/containers/data/a.txt')).toBe(inode);
        expect(await host.shell('cat /etc/longshore/longshore.yaml')).toContain('/srv/data');

        await host.shell('dpkg --remove longshore');
        expect((await host.run('systemctl', 'is-active', 'longshore')).stdout.trim()).toBe(
          'inactive',
        );
        await host.shell('test -e /etc/longshore/longshore.yaml && test -d /var/lib/longshore');
        await host.shell('dpkg --purge longshore');
        await host.shell(`
          test ! -e /etc/longshore && test ! -e /var/lib/longshore
          test ! -L /etc/systemd/system/multi-user.target.wants/longshore.service
          test ! -L /etc/systemd/system/timers.target.wants/longshore-reconcile@data.timer`);
        expect(await stored('a.txt')).toBe('one\n');
      });

      // Once the first test has purged what it installed, the system has nothing of longshore again.
      test.skipIf(noTools !== undefined)(
        `P1: P3: a new user installs it, answers init, and decides on the page; a target that goes down is announced, and fires the alert of the lag${noTools === undefined ? '' : ` (skipped: ${noTools})`}`,
        async () => firstDay(host, await put(join(out, debianOf(await readdir(out))))),
        1_200_000,
      );

      test.skipIf(noImages !== undefined)(
        `the recipe makes an image whose daemon mirrors without rights, and whose health check passes${noImages === undefined ? '' : ` (skipped: ${noImages})`}`,
        async () => {
          const deb = join(out, debianOf(await readdir(out)));
          await tryImage({ root, deb, folder: await mkdtemp(join(folder, 'image-')) });
        },
      );
    });
  },
);
