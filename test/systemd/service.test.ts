import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Host, noSystemd } from './host.js';
import {
  addDropIn,
  CONFIG,
  DAEMON,
  installHost,
  ONCE,
  shippedDropIn,
  startAfresh,
  TIMER,
} from './installation.js';

const title =
  noSystemd === undefined ? 'under a real systemd' : `under a real systemd (skipped: ${noSystemd})`;

describe.skipIf(noSystemd !== undefined)(title, { timeout: 180_000 }, () => {
  let host: Host;

  beforeAll(async () => {
    host = await installHost();
  });

  afterAll(() => host?.close());

  beforeEach(() => startAfresh(host));

  const dropIn = (unit: string, content: string) => addDropIn(host, unit, content);
  const mirrored = async (path: string) =>
    (await host.run('cat', `/srv/containers/documents/${path}`)).stdout;
  const state = (unit: string) => host.property(unit, 'ActiveState');
  const patience = { timeout: 60_000, interval: 100 };

  test('systemd-analyze verify has nothing to say of the units', async () => {
    const units = [DAEMON, ONCE, TIMER, 'longshore.socket', 'longshore-failed@x.service'];
    const instances = ['longshore-reconcile@a.service', 'longshore-reconcile@a.timer'];
    expect(await host.run('systemd-analyze', 'verify', ...units, ...instances)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('systemctl reload takes another configuration, and fails where the daemon refuses it, which goes on', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    await host.shell('mkdir /srv/music && echo song >/srv/music/song && chmod -R a+rX /srv/music');
    const music = '  - { name: music, source: /srv/music, target: vault, container: music }\n';
    await host.write('/etc/longshore/longshore.yaml', CONFIG + music);
    const before = await host.property(DAEMON, 'MainPID');
    await host.shell(`systemctl reload ${DAEMON}`);
    const song = async () => (await host.run('cat', '/srv/containers/music/song')).stdout;
    await expect.poll(song, patience).toBe('song\n');
    await host.write('/etc/longshore/longshore.yaml', `${CONFIG}    nonsense: 1\n`);
    expect((await host.run('systemctl', 'reload', DAEMON)).code).not.toBe(0);
    const journal = () => host.shell(`journalctl --no-pager -u ${DAEMON}`);
    await expect.poll(journal, patience).toMatch(/longshore\.yaml:\d+:\d+ /);
    expect(await state(DAEMON)).toBe('active');
    expect(await host.property(DAEMON, 'MainPID')).toBe(before);
  });

  test('the unit is active again after a reload that SIGHUP asked for', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    await host.shell(`systemctl kill --kill-whom=main --signal=SIGHUP ${DAEMON}`);
    const journal = () => host.shell(`journalctl --no-pager -u ${DAEMON}`);
    await expect.poll(journal, patience).toContain('configuration unchanged');
    await expect.poll(() => state(DAEMON), patience).toBe('active');
  });

  test('the daemon counts as started once it reports that it watches, and shows its status', async () => {
    await host.shell(`touch /srv/gate; systemctl start --no-block ${DAEMON}`);
    await expect.poll(() => host.property(DAEMON, 'SubState'), patience).toBe('start');
    await host.shell(`rm /srv/gate; systemctl start ${DAEMON}`);
    expect(await state(DAEMON)).toBe('active');
    const said = await host.shell(`journalctl --no-pager --output cat --unit ${DAEMON}`);
    const steps = ['Starting longshore', 'info mirroring ', 'info watching ', 'Started longshore'];
    const positions = steps.map((step) => said.lastIndexOf(step));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(await host.shell(`systemctl status ${DAEMON}`)).toMatch(/Status: "1 mirror: 1 /);
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('hello\n');
    expect(await host.shell(`longshore --config /etc/longshore/longshore.yaml status`)).toContain(
      'documents',
    );
    expect(
      await host.shell('stat -c %U:%a /var/lib/longshore /var/lib/longshore/control.sock'),
    ).toBe('longshore:700\nlongshore:600\n');
  });

  test('systemctl stop lets it drain and end well', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('hello\n');
    await host.shell(`systemctl stop ${DAEMON}`);
    expect(await host.shell('cat /srv/containers/ended')).toBe('success exited 0\n');
  });

  test('P5: killed with SIGKILL it is started again and catches up', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('hello\n');
    await host.shell(
      `touch /srv/gate; systemctl kill --signal KILL ${DAEMON}; echo later >/srv/data/b.txt; rm /srv/data/sub/a.txt /srv/gate`,
    );
    await expect.poll(() => mirrored('b.txt'), patience).toBe('later\n');
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('');
    await expect.poll(() => state(DAEMON), patience).toBe('active');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('1');
  });

  test('a daemon that runs well outlives many intervals of the watchdog; a frozen one is replaced', async () => {
    await dropIn(DAEMON, '[Service]\nWatchdogSec=5s\n');
    await host.shell(`systemctl start ${DAEMON}`);
    await host.shell('sleep 11');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('0');
    await host.shell(
      `systemctl kill --kill-whom main --signal STOP ${DAEMON}; echo later >/srv/data/b.txt`,
    );
    await expect.poll(() => mirrored('b.txt'), patience).toBe('later\n');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('1');
    expect(await host.shell(`journalctl --no-pager --unit ${DAEMON}`)).toContain(
      "Failed with result 'watchdog'",
    );
  });

  /** Loaded into the daemon: on SIGUSR2 its event loop is busy for good, in turns of so many milliseconds. */
  async function busyOnSignal(turnMs: number): Promise<void> {
    await host.write(
      '/srv/busy.cjs',
      `process.on('SIGUSR2', function work() {
        const end = Date.now() + ${turnMs};
        while (Date.now() < end);
        setImmediate(work);
      });`,
    );
    await dropIn(
      DAEMON,
      '[Service]\nWatchdogSec=5s\nEnvironment=NODE_OPTIONS=--require=/srv/busy.cjs\n',
    );
    await host.shell(`systemctl start ${DAEMON}`);
    await host.shell(`systemctl kill --kill-whom main --signal USR2 ${DAEMON}`);
  }

  test('watchdog: a daemon whose event loop is busy, and turns, is fed and mirrors', async () => {
    await busyOnSignal(200);
    const pings = new Set<string>();
    await host.shell('echo later >/srv/data/b.txt');
    await expect
      .poll(async () => {
        pings.add(await host.property(DAEMON, 'WatchdogTimestampMonotonic'));
        return pings.size;
      }, patience)
      .toBeGreaterThan(4);
    await expect.poll(() => mirrored('b.txt'), patience).toBe('later\n');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('0');
    await host.shell(`systemctl kill --signal KILL ${DAEMON}`); // it would be busy to the end of TimeoutStopSec
  });

  test('watchdog: a daemon whose event loop stands still is killed, started again, and mirrors', async () => {
    await busyOnSignal(24 * 3600 * 1000);
    await host.shell('echo later >/srv/data/b.txt');
    await expect.poll(() => mirrored('b.txt'), patience).toBe('later\n');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('1');
    const invocations = await host.shell(`journalctl --no-pager --unit ${DAEMON}`);
    expect(invocations).toContain('Watchdog timeout');
  });

  test('the status says how far behind the mirrors are, and how much waits', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('hello\n');
    await host.shell('longshore pause documents --for 1h; echo later >/srv/data/b.txt');
    await expect
      .poll(() => host.property(DAEMON, 'StatusText'), patience)
      .toMatch(/^1 mirror: 1 [\w-]+; lag \d.*; 1 queued/);
  });

  test('a wrong configuration ends with 2 and is not tried again', async () => {
    await host.write('/etc/longshore/longshore.yaml', CONFIG.replace('mirrors:', 'mirorrs:'));
    expect((await host.run('systemctl', 'start', DAEMON)).code).not.toBe(0);
    expect(await state(DAEMON)).toBe('failed');
    expect(await host.property(DAEMON, 'ExecMainStatus')).toBe('2');
    expect(await host.property(DAEMON, 'NRestarts')).toBe('0');
    expect(await host.shell(`journalctl --no-pager --unit ${DAEMON}`)).toContain('mirorrs');
  });

  test('P9: a secret that only root can read comes in as a credential', async () => {
    const target =
      '{ driver: s3, profile: minio, host: 127.0.0.1, port: 1, secure: false, key: me, secret: { credential: offsite-secret } }';
    await host.write(
      '/etc/longshore/longshore.yaml',
      CONFIG.replace('targets:\n', `targets:\n  offsite: ${target}\n`),
    );
    await dropIn(
      ONCE,
      '[Service]\nExecStart=\nExecStart=longshore --config /etc/longshore/longshore.yaml check\n',
    );
    expect((await host.run('systemctl', 'start', ONCE)).code).not.toBe(0);
    expect(await host.property(ONCE, 'ExecMainStatus')).toBe('2');

    await host.shell('(umask 077; echo hunter2 >/etc/longshore/offsite-secret)');
    await dropIn(ONCE, '[Service]\nLoadCredential=offsite-secret:/etc/longshore/offsite-secret\n');
    await host.shell(`systemctl start ${ONCE}`);
    expect(await host.shell(`journalctl --no-pager --output cat --unit ${ONCE}`)).not.toContain(
      'hunter2',
    );
  });

  test('its log is in the journal with priorities', async () => {
    await host.shell(`systemctl start ${DAEMON}`);
    const lines = await host.shell(
      `journalctl --output json --unit ${DAEMON} _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID ${DAEMON})`,
    );
    const ours = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { PRIORITY: string; MESSAGE: string });
    expect(ours).toContainEqual(
      expect.objectContaining({ PRIORITY: '6', MESSAGE: expect.stringMatching(/^info watching/) }),
    );
  });

  /** What the journal has for these matches, oldest first. */
  async function entries(...matches: readonly string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await host.run('journalctl', '--output', 'json', ...matches);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  test('journalctl finds by fields what the log says about a mirror and an object', async () => {
    await host.shell(`
      touch /srv/data/private "/srv/data/two
lines"; chmod 600 /srv/data/private /srv/data/two*; systemctl start ${DAEMON}`);
    const about = (object: string) => entries('MIRROR=documents', `OBJECT=${object}`);
    await expect
      .poll(() => about('private'), patience)
      .toContainEqual(
        expect.objectContaining({
          MESSAGE: expect.stringMatching(/^warn object skipped mirror=documents path=private /),
          EVENT: 'object skipped',
          PRIORITY: '4',
          REASON: 'unreadable',
          SYSLOG_IDENTIFIER: 'longshore',
          _TRANSPORT: 'journal',
          _SYSTEMD_UNIT: DAEMON,
        }),
      );
    await expect
      .poll(() => about('two\nlines'), patience)
      .toContainEqual(
        expect.objectContaining({ MESSAGE: expect.stringContaining('"two\\nlines"') }),
      );
  });

  test('entries go on when the journal is started again under the daemon', async () => {
    await host.shell(`systemctl start ${DAEMON}; systemctl restart systemd-journald.service`);
    await host.shell('touch /srv/data/later; chmod 600 /srv/data/later');
    await expect
      .poll(() => entries('MIRROR=documents', 'OBJECT=later'), patience)
      .toContainEqual(expect.objectContaining({ _TRANSPORT: 'journal' }));
  });

  test('without the library for datagrams, lines carry priorities and systemd-notify says ready', async () => {
    const libraries = '/opt/longshore/node_modules/@koromix';
    await host.shell(`mv ${libraries} ${libraries}-gone; systemctl start ${DAEMON}`);
    try {
      expect(await state(DAEMON)).toBe('active');
      expect(await host.shell(`systemctl status ${DAEMON}`)).toMatch(/Status: "1 mirror: 1 /);
      const invocation = await host.property(DAEMON, 'InvocationID');
      await expect
        .poll(() => entries(`_SYSTEMD_INVOCATION_ID=${invocation}`), patience)
        .toContainEqual(
          expect.objectContaining({
            PRIORITY: '6',
            MESSAGE: expect.stringMatching(/^info watching/),
            _TRANSPORT: 'stdout',
          }),
        );
    } finally {
      await host.shell(`mv ${libraries}-gone ${libraries}`);
    }
  });

  test('the timer starts the one-shot, which mirrors and ends', async () => {
    await host.write(
      `/etc/systemd/system/${TIMER}.d/soon.conf`,
      '[Timer]\nOnCalendar=\nOnActiveSec=100ms\nRandomizedDelaySec=0\nAccuracySec=1ms\n',
    );
    await host.shell(`systemctl daemon-reload; systemctl start ${TIMER}`);
    await expect.poll(() => mirrored('sub/a.txt'), patience).toBe('hello\n');
    await expect.poll(() => state(ONCE), patience).toBe('inactive');
    expect(await host.property(ONCE, 'Result')).toBe('success');
  });

  test('the shipped timer waits for its time', async () => {
    await host.shell(`systemctl start ${TIMER}`);
    expect(await state(TIMER)).toBe('active');
    expect(await host.shell('systemctl list-timers --no-pager')).toContain(TIMER);
  });

  test('the one-shot is skipped, without failure, while the daemon runs', async () => {
    await host.shell(`systemctl start ${DAEMON}; systemctl start ${ONCE}`);
    expect(await host.property(ONCE, 'Result')).toBe('exec-condition');
    expect(await state(ONCE)).toBe('inactive');
    expect(await state(DAEMON)).toBe('active');
  });

  test('P8: a file that cannot be read is a failed unit; the shipped drop-in reads it', async () => {
    await host.shell('echo mine >/srv/data/private; chmod 600 /srv/data/private');
    expect((await host.run('systemctl', 'start', ONCE)).code).not.toBe(0);
    expect(await host.property(ONCE, 'ExecMainStatus')).toBe('3');
    expect(await state(ONCE)).toBe('failed');
    expect(await mirrored('sub/a.txt')).toBe('hello\n');

    await shippedDropIn(host, ONCE, 'read-all-files');
    await host.shell(`systemctl start ${ONCE}`);
    expect(await mirrored('private')).toBe('mine\n');
  });
});
