import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Host, noSystemd } from './host.js';
import {
  addDropIn,
  CONFIG,
  DAEMON,
  installHost,
  shippedDropIn,
  startAfresh,
} from './installation.js';

const SOCKET = 'longshore.socket';
const TOKEN = 'token-0123456789-0123456789-0123456789';

/** A port of loopback, where the host's services listen on this machine, too. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const title =
  noSystemd === undefined
    ? 'units beside the daemon, under a real systemd'
    : `units beside the daemon (skipped: ${noSystemd})`;

describe.skipIf(noSystemd !== undefined)(title, { timeout: 180_000 }, () => {
  let host: Host;

  beforeAll(async () => {
    host = await installHost();
  });
  afterAll(() => host?.close());
  beforeEach(() => startAfresh(host));

  const state = (unit: string) => host.property(unit, 'ActiveState');
  const stored = async (path: string) => (await host.run('cat', `/srv/containers/${path}`)).stdout;
  /** What a unit has written since it was last started. */
  async function logOf(unit: string): Promise<string> {
    const invocation = await host.property(unit, 'InvocationID');
    return host.shell(`journalctl --no-pager _SYSTEMD_INVOCATION_ID=${invocation}`);
  }
  const patience = { timeout: 60_000, interval: 100 };

  describe('longshore.socket', () => {
    const configure = (status: string) =>
      host.write('/etc/longshore/longshore.yaml', `${CONFIG}status: ${status}\n`);
    const listenOn = (address: string) =>
      addDropIn(host, SOCKET, `[Socket]\nListenStream=\nListenStream=${address}\n`);
    const health = async (port: number) => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;

    test('opens the port of the page, and the first connection starts the daemon, which answers it', async () => {
      const port = await freePort();
      await configure('{ listen: systemd }');
      await listenOn(`127.0.0.1:${port}`);
      await host.shell(`systemctl start ${SOCKET}`);
      expect(await state(DAEMON)).toBe('inactive');
      expect(await health(port)).toBe(200);
      await expect.poll(() => state(DAEMON), patience).toBe('active');
    });

    test('refuses no connection while the daemon is started again', async () => {
      const port = await freePort();
      await configure('{ listen: systemd }');
      await listenOn(`127.0.0.1:${port}`);
      await host.shell(`systemctl start ${SOCKET} ${DAEMON}; systemctl stop ${DAEMON}`);
      await host.shell(`touch /srv/gate; systemctl start --no-block ${DAEMON}`);
      const answer = health(port);
      await host.shell('rm /srv/gate');
      expect(await answer).toBe(200);
    });

    test('may be a Unix socket', async () => {
      await configure(`{ listen: systemd, token: "${TOKEN}" }`);
      await listenOn('/run/longshore-page.sock');
      await host.shell(`systemctl start ${SOCKET} ${DAEMON}`);
      expect(
        await host.shell(
          `curl --silent --max-time 60 --unix-socket /run/longshore-page.sock http://localhost/healthz --write-out '%{http_code}' --output /dev/null`,
        ),
      ).toBe('200');
    });

    test('is not used, with a warning, when the configuration names another address, or none', async () => {
      const [ours, other] = [await freePort(), await freePort()];
      await listenOn(`127.0.0.1:${other}`);
      for (const status of [`{ listen: "127.0.0.1:${ours}" }`, '{ listen: off }']) {
        await configure(status);
        await host.shell(`systemctl stop ${SOCKET} ${DAEMON}; systemctl start ${SOCKET} ${DAEMON}`);
        await expect.poll(() => logOf(DAEMON), patience).toContain('socket of systemd not used');
        if (!status.includes('off')) expect(await health(ours)).toBe(200);
      }
      await configure(`{ listen: "127.0.0.1:${other}" }`);
      await host.shell(`systemctl stop ${SOCKET} ${DAEMON}; systemctl start ${SOCKET} ${DAEMON}`);
      for (const line of ['socket of systemd not used', 'status page not served'])
        await expect.poll(() => logOf(DAEMON), patience).toContain(line);
    });
  });

  describe('longshore-reconcile@', () => {
    const once = (mirror: string) => `longshore-reconcile@${mirror}.service`;

    beforeEach(async () => {
      await host.shell('mkdir -p /srv/photos && echo cheese >/srv/photos/b.txt');
      await host.write(
        '/etc/longshore/longshore.yaml',
        `${CONFIG}  - { name: photos, source: /srv/photos, target: vault, container: photos }\n`,
      );
      await addDropIn(host, once(''), '[Service]\nReadWritePaths=/srv/containers\n');
    });

    test('compares the mirror of its name alone', async () => {
      await host.shell(`systemctl start ${once('photos')}`);
      expect(await stored('photos/b.txt')).toBe('cheese\n');
      expect(await stored('documents/sub/a.txt')).toBe('');
    });

    test('runs of two mirrors wait for each other', async () => {
      await host.shell('touch /srv/gate');
      await host.shell(`systemctl start --no-block ${once('photos')} ${once('documents')}`);
      await expect.poll(() => state(once('photos')), patience).toBe('activating');
      await expect.poll(() => state(once('documents')), patience).toBe('activating');
      await host.shell('rm /srv/gate');
      for (const mirror of ['photos', 'documents']) {
        await expect.poll(() => state(once(mirror)), patience).toBe('inactive');
        expect(await host.property(once(mirror), 'Result')).toBe('success');
      }
      expect(await stored('photos/b.txt')).toBe('cheese\n');
      expect(await stored('documents/sub/a.txt')).toBe('hello\n');
    });

    test('a mirror that is not configured is a failed unit', async () => {
      expect((await host.run('systemctl', 'start', once('music'))).code).not.toBe(0);
      expect(await host.property(once('music'), 'ExecMainStatus')).toBe('2');
    });

    test('beside a running daemon it asks the daemon for the comparison', async () => {
      await host.shell(`systemctl start ${DAEMON}`);
      await expect.poll(() => stored('photos/b.txt'), patience).toBe('cheese\n');
      await host.shell(`systemctl start ${once('photos')}`);
      expect(
        await host.shell(`journalctl --no-pager --output cat --unit ${once('photos')}`),
      ).toContain('photos: the running daemon makes the reconcile');
      expect(await state(DAEMON)).toBe('active');
    });

    test('its timer starts it', async () => {
      await addDropIn(
        host,
        'longshore-reconcile@.timer',
        '[Timer]\nOnCalendar=\nOnActiveSec=100ms\nRandomizedDelaySec=0\nAccuracySec=1ms\n',
      );
      await host.shell('systemctl start longshore-reconcile@photos.timer');
      await expect.poll(() => stored('photos/b.txt'), patience).toBe('cheese\n');
    });
  });

  test('dynamic-user.conf: a user for the time of the service reads all files with read-all-files.conf', async () => {
    await host.shell('echo mine >/srv/data/private; chmod 600 /srv/data/private');
    await host.write(
      '/etc/longshore/longshore.yaml',
      CONFIG.replace('/srv/containers', '/var/lib/longshore-containers'),
    );
    await host.shell(
      'chown root:longshore /etc/longshore/longshore.yaml; chmod 640 /etc/longshore/longshore.yaml',
    );
    await addDropIn(
      host,
      DAEMON,
      '[Service]\nStateDirectory=longshore longshore-containers\nExecStopPost=\n',
    );
    await shippedDropIn(host, DAEMON, 'dynamic-user');
    await shippedDropIn(host, DAEMON, 'read-all-files');
    await host.shell(`systemctl start ${DAEMON}`);
    await expect
      .poll(
        async () =>
          (await host.run('cat', '/var/lib/longshore-containers/documents/private')).stdout,
        patience,
      )
      .toBe('mine\n');
    const pid = await host.property(DAEMON, 'MainPID');
    const uid = Number(await host.shell(`stat -c %u /proc/${pid}`));
    expect(uid).toBeGreaterThanOrEqual(61184); // of systemd's dynamic users: systemd.exec(5)
    expect(uid).toBeLessThanOrEqual(65519);
    expect((await host.shell('readlink /var/lib/longshore')).trim()).toBe('private/longshore');
    await host.shell(`systemctl stop ${DAEMON}; rm -rf /var/lib/private/* /var/lib/longshore*`);
  });

  test('on-failure.conf: a failed unit is a mail to root with its state and last lines', async () => {
    await host.write(
      '/usr/local/sbin/sendmail',
      '#!/bin/sh\ncat >/srv/mail.new && mv /srv/mail.new /srv/mail\n',
    );
    await host.shell('chmod 755 /usr/local/sbin/sendmail');
    await shippedDropIn(host, DAEMON, 'on-failure');
    await host.write('/etc/longshore/longshore.yaml', CONFIG.replace('mirrors:', 'mirorrs:'));
    expect((await host.run('systemctl', 'start', DAEMON)).code).not.toBe(0);
    await expect
      .poll(async () => (await host.run('cat', '/srv/mail')).stdout, patience)
      .toMatch(/^To: root\nSubject: longshore\.service failed on /);
    expect(await host.shell('cat /srv/mail')).toContain('mirorrs');
  });
});
