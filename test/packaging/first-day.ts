import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { startReceiver } from '../alerts/receiver.js';
import { launchBrowser } from '../browser/browser.js';
import { freePort } from '../browser/served-mirror.js';
import { signIn } from '../browser/sign-in.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { startPrometheus } from '../metrics/prometheus-server.js';
import { checkout, type Host } from '../systemd/host.js';
import { eventually } from '../world/eventually.js';
import { openTerminal } from '../world/terminal.js';

const CONFIG = '/etc/longshore/longshore.yaml';
/** Twenty of a hundred may go within an hour, but fifty always: a whole folder of this many is held. */
const FILES = 120;
/** For machines that are slow, and busy with other tests. */
const PATIENCE_MS = 180_000;
/** Keeps the pictures of the page in docs/images. */
const KEEPS_PICTURES = process.env['LONGSHORE_PICTURES'] !== undefined;

/**
 * What a new user does on the first day, as in docs/getting-started.md, on a Debian that has nothing of longshore: installs the
 * package, answers the questions of `init`, starts the unit, opens the page, sees a file arrive, approves held deletes, and gets
 * the messages of a target that goes down and comes back. The network is that of this machine, and so are bucket,
 * browser, receiver and Prometheus.
 */
export async function firstDay(host: Host, deb: string): Promise<void> {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const receiver = await startReceiver();
  const [pagePort, metricsPort] = [await freePort(), await freePort()];
  const objects = () => fake.rules.store.keys(fake.rules.store.bucket('backups'));

  await host.shell(`
    dpkg --install ${deb}
    mkdir -p /srv/photos/2025 && echo kept >/srv/photos/readme.txt
    for i in $(seq ${FILES}); do echo "picture $i" >/srv/photos/2025/$i.jpg; done
    chmod -R a+rX /srv`);
  await answerQuestions(host, { origin: fake.origin, pagePort });
  await host.shell(`cat >>${CONFIG} <<'END'
    settle: 50ms
    max_lag: 5s
metrics: { listen: "127.0.0.1:${metricsPort}" }
notify: [{ kind: webhook, url: "${receiver.url}/hook", after: 2s }]
END
    systemctl enable --now longshore`);
  const prometheus = await startPrometheus(metricsPort);

  const origin = `http://127.0.0.1:${pagePort}`;
  let token = '';
  await eventually(async () => {
    token = (await host.shell('cat /var/lib/longshore/page-token')).trim();
  }, PATIENCE_MS);
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1_240, height: 820 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const { page } = await signIn(context, { origin, token });
  await page.getByText('Nothing needs you.').waitFor();
  await untilStatus(host, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
  const pictures = () => objects().filter((name) => name.startsWith('nas/2025/')).length;
  await eventually(() => expect(pictures()).toBe(FILES), PATIENCE_MS);

  await host.shell('echo new >/srv/photos/holiday.jpg');
  await page.getByText('holiday.jpg').first().waitFor();
  await eventually(() => expect(objects()).toContain('nas/holiday.jpg'), PATIENCE_MS);
  await keep(page, 'arrived');

  await host.shell('rm -r /srv/photos/2025');
  await untilStatus(host, ({ held, queued }) => {
    expect(held).toBeGreaterThan(0);
    expect([held, queued]).toEqual([pictures(), 0]);
  });
  await approveDeletes(page, pictures());
  await eventually(() => expect(pictures()).toBe(0), PATIENCE_MS);
  await page.getByText('Nothing needs you.').waitFor();

  const kinds = () => receiver.documents().map(({ kind, condition }) => `${kind} ${condition}`);
  await fake.switchOff();
  await host.shell('echo later >/srv/photos/later.jpg');
  await eventually(() => expect(kinds()).toContain('alarm target-down'), PATIENCE_MS);
  await eventually(
    async () => expect(await prometheus.firing()).toContain('LongshoreMirrorBehind photos'),
    PATIENCE_MS,
  );
  await page.getByRole('heading', { level: 2, name: 'Needs you' }).waitFor();
  await keep(page, 'down');

  await fake.switchOn();
  await eventually(
    () => expect(kinds().slice(kinds().indexOf('alarm target-down')).at(-1)).toMatch(/^recovery /),
    PATIENCE_MS,
  );
  await eventually(() => expect(objects()).toContain('nas/later.jpg'), PATIENCE_MS);
  await eventually(
    async () => expect(await prometheus.firing()).not.toContain('LongshoreMirrorBehind photos'),
    PATIENCE_MS,
  );
  await page.getByText('Nothing needs you.').waitFor();
  await keep(page, 'recovered');
  await host.shell('dpkg --purge longshore');
}

/** `longshore init` on a terminal of the new system, with the keys of a bucket in the environment. */
async function answerQuestions(
  host: Host,
  { origin, pagePort }: { readonly origin: string; readonly pagePort: number },
): Promise<void> {
  const keys = {
    AWS_ACCESS_KEY_ID: ACCOUNT.accessKey,
    AWS_SECRET_ACCESS_KEY: ACCOUNT.secret,
    AWS_ENDPOINT_URL: origin,
  };
  const { answer, text, finished } = openTerminal(
    [
      'env',
      ...Object.entries(keys).map(([name, value]) => `${name}=${value}`),
      'longshore',
      'init',
      CONFIG,
    ],
    { around: host.around, env: process.env },
  );
  await answer(/Folder to mirror: $/, '/srv/photos');
  await answer(
    /S3 at http:\S+, with the keys of AWS_ACCESS_KEY_ID, which answers[\s\S]*Number: $/,
    '2',
  );
  await answer(/Bucket, .*: $/, 'backups/nas');
  await answer(/trash\? \[Y\/n\] $/, 'n');
  await answer(/or "no": $/, `127.0.0.1:${pagePort}`);
  await answer(/Try "backups", and create it if it is missing\? \[Y\/n\] $/, 'y');
  expect(await finished, text()).toBe(0);
  expect(text()).toContain('vault gives all six guarantees');
  expect(text()).toContain('trying it as the user longshore');
  expect(text()).toContain('systemctl enable --now longshore');
  const rights = await host.shell(`cd /etc/longshore && stat -c '%a %U %G %n' *`);
  expect(rights.trim().split('\n').sort()).toEqual([
    '640 root longshore longshore.yaml',
    '640 root longshore vault.key',
    '640 root longshore vault.secret',
  ]);
  expect(await host.shell(`cat ${CONFIG}`)).not.toContain(ACCOUNT.secret);
}

interface MirrorStatus {
  readonly held: number;
  readonly queued: number;
  readonly lastReconcile: unknown;
}

async function untilStatus(host: Host, check: (mirror: MirrorStatus) => void): Promise<void> {
  await eventually(async () => {
    const { stdout } = await host.run('longshore', 'status', '--json');
    const { mirrors } = JSON.parse(stdout) as { mirrors: [MirrorStatus] };
    check(mirrors[0]);
  }, PATIENCE_MS);
}

/** Approves on the page so many deletes that the guard holds, in the words that it asks for. */
async function approveDeletes(page: Page, deletes: number): Promise<void> {
  await page.getByRole('button', { name: 'Review and decide' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'photos:' }).waitFor();
  await keep(page, 'held');
  await dialog.getByText('Approve: this is meant').click();
  const words = `approve ${deletes}`;
  await dialog.locator('label[for=typed] code', { hasText: words }).waitFor();
  await dialog.getByLabel(/^Type approve/).fill(words);
  await dialog.getByRole('button', { name: /^Approve \d+ changes$/ }).click();
  await page.getByText('Approved: the changes are made now').waitFor();
}

async function keep(page: Page, name: string): Promise<void> {
  if (!KEEPS_PICTURES) return;
  const folder = join(checkout, 'docs/images');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `first-day-${name}.png`) });
}
