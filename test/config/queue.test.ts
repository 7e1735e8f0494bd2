import { describe, expect, it } from 'vitest';
import { complaints, load, TARGETS, withConfigFolder } from './loading.js';

withConfigFolder();

const mirror = (more: string) => `
mirrors:
  - { name: projects, source: ./projects, target: vault, container: projects${more} }
`;
const QUEUE = 'queue: { redis: { url: "redis://127.0.0.1" } }';
const helped = TARGETS + mirror(', workers: true');

describe('queue', () => {
  it('reads where Redis is, and who the daemon is there', async () => {
    const { queue } = await load(`
queue:
  name: nas1
  redis: { url: "rediss://[fd00::1]:6380", username: longshore, password: SECRET, ca: ./ca.pem }
${helped}`);
    expect(queue).toMatchObject({
      name: 'nas1',
      redis: { host: 'fd00::1', port: 6380, tls: true, username: 'longshore' },
    });
    expect(queue?.redis.ca).toMatch(/^\/.*\/ca\.pem$/);
    expect(queue?.redis.password?.reveal()).toBe('SECRET');
    expect(JSON.stringify(queue)).not.toContain('SECRET');
  });

  it('takes the port of Redis where the URL has none', async () => {
    expect((await load(`${QUEUE}\n${helped}`)).queue).toMatchObject({
      name: undefined,
      redis: { host: '127.0.0.1', port: 6379, tls: false, username: undefined, ca: undefined },
    });
  });

  it.each([
    'http://queue',
    'redis://',
    'redis://queue:65536',
    'redis://queue/3',
    'redis://[:::1]',
    'queue:6379',
  ])('refuses the URL %s', async (url) => {
    expect(await complaints(`queue: { redis: { url: "${url}" } }\n${helped}`)).toEqual([
      expect.stringMatching(/:1:24 {2}queue\.redis\.url: expected a URL such as "rediss:/),
    ]);
  });

  it('does not quote a password in a URL', async () => {
    const lines = await complaints(
      `queue: { redis: { url: "redis://longshore:SECRET@queue" } }\n${helped}`,
    );
    expect(lines).toEqual([expect.stringContaining('user and password have keys of their own')]);
    expect(lines.join()).not.toContain('SECRET');
  });

  it('refuses an authority without TLS', async () => {
    expect(
      await complaints(`queue: { redis: { url: "redis://queue", ca: ./ca.pem } }\n${helped}`),
    ).toEqual([expect.stringMatching(/:1:45 {2}queue\.redis\.ca: redis:\/\/ speaks no TLS/)]);
  });

  it('names a password that is written into a file that others can read', async () => {
    const { warnings } = await load(
      `queue: { redis: { url: "redis://queue", password: SECRET } }\n${helped}`,
    );
    expect(warnings).toEqual([expect.stringContaining('queue.redis.password')]);
  });
});

describe('workers', () => {
  it('takes a queue', async () => {
    expect(await complaints(helped)).toEqual([
      expect.stringMatching(/:6:\d+ {2}mirrors\[0\]\.workers: .* add "queue: \{ redis:/),
    ]);
  });

  it.each(['0', '30s'])('refuses a lease of %s', async (lease) => {
    const text = `${QUEUE}\n${TARGETS}${mirror(`, workers: true, lease: ${lease}`)}`;
    expect(await complaints(text)).toEqual([
      expect.stringMatching(
        /:7:\d+ {2}mirrors\[0\]\.lease: with "workers: true" expected at least 60s/,
      ),
    ]);
    await load(text.replace('workers: true', 'workers: false'));
  });
});

describe('worker', () => {
  it('does two jobs at once, of the daemon of this machine, on the same paths', async () => {
    const { worker } = await load(`${QUEUE}\n${helped}`);
    expect(worker).toEqual({ serves: undefined, sources: {}, jobs: 2 });
  });

  it('reads where sources are on its machine', async () => {
    const { worker } = await load(
      `${QUEUE}\nworker: { serves: nas1, sources: { projects: /mnt/p }, jobs: 4 }\n${helped}`,
    );
    expect(worker).toEqual({ serves: 'nas1', sources: { projects: '/mnt/p' }, jobs: 4 });
  });

  it('takes a queue, and mirrors that have workers', async () => {
    expect(
      await complaints(
        `worker: { sources: { project: /mnt/p, projects: /mnt/q } }\n${TARGETS}${mirror('')}`,
      ),
    ).toEqual([
      expect.stringMatching(/:1:1 {2}worker: a worker gets its jobs from a queue/),
      expect.stringMatching(
        /:1:\d+ {2}worker\.sources\.project: no mirror is called "project"; did you mean "projects"/,
      ),
      expect.stringMatching(
        /:1:\d+ {2}worker\.sources\.projects: mirror "projects" has no "workers/,
      ),
    ]);
  });

  it.each(['0', '65'])('does not do %s jobs at once', async (jobs) => {
    expect(await complaints(`${QUEUE}\nworker: { jobs: ${jobs} }\n${helped}`)).toEqual([
      expect.stringContaining('expected a whole number from 1 to 64'),
    ]);
  });
});
