import { describe, expect, it } from 'vitest';
import { complaints, load, MIRROR, TARGETS, withConfigFolder } from './loading.js';

withConfigFolder();

const REST = TARGETS + MIRROR;

describe('notify', () => {
  it('fills in the defaults, and gives each channel a name of its own', async () => {
    const { notify } = await load(`notify:
  - { kind: ntfy, url: { env: A } }
  - { kind: ntfy, url: { env: B } }
  - { kind: command, run: [/bin/true, "a b"], name: ntfy-2, after: 0 }
${REST}`);
    expect(notify.map(({ name }) => name)).toEqual(['ntfy', 'ntfy-3', 'ntfy-2']);
    expect(notify[0]).toMatchObject({ after: 900_000, remind: 86_400_000, timeout: 30_000 });
    expect(notify[0]?.states).toContain('behind');
    expect(notify[0]?.states).not.toContain('degraded');
    expect(notify[2]).toMatchObject({ run: ['/bin/true', 'a b'], after: 0 });
  });

  it('complains of keys that a kind lacks or does not have, of names twice, and of mirrors that are not there', async () => {
    expect(
      await complaints(`notify:
  - { kind: slack }
  - { kind: gotify, url: "https://x" }
  - { kind: mail, to: [a@b], from: c@d, url: "https://x", sendmail: /s, smtp: { host: h, user: u } }
  - { kind: command, run: [], name: one }
  - { kind: command, run: [x], name: one, mirrors: [document] }
  - { kind: mail, to: ["-oX@b"], from: "a b" }
${REST}`),
    ).toEqual([
      expect.stringMatching(/:2:\d+ {2}notify\[0\]\.url: a channel of kind slack needs url/),
      expect.stringMatching(/:3:\d+ {2}notify\[1\]\.token: .*needs token/),
      expect.stringMatching(/:4:\d+ {2}notify\[2\]\.url: a channel of kind mail has no url/),
      expect.stringMatching(/:4:\d+ {2}notify\[2\]\.sendmail: mail goes through sendmail or smtp/),
      expect.stringMatching(/:4:\d+ {2}notify\[2\]\.smtp: expected user and password/),
      expect.stringMatching(/:5:\d+ {2}notify\[3\]\.run: expected at least one/),
      expect.stringMatching(/:7:\d+ {2}notify\[5\]\.to\[0\]: expected an address/),
      expect.stringMatching(/:7:\d+ {2}notify\[5\]\.from: expected an address/),
    ]);
    expect(
      await complaints(`notify:
  - { kind: command, run: [x], name: one }
  - { kind: command, run: [x], name: one, mirrors: [document] }
${REST}`),
    ).toEqual([
      expect.stringMatching(/:3:\d+ {2}notify\[1\]\.name: "one" is the name of notify\[0\]/),
      expect.stringMatching(
        /:3:\d+ {2}notify\[1\]\.mirrors\[0\]: no mirror is called "document"; did you/,
      ),
    ]);
  });

  it('never quotes a URL or a token', async () => {
    const lines = await complaints(`notify:
  - { kind: slack, url: 12345, token: SECRET }
heartbeat: { url: [SECRET] }
${REST}`);
    expect(lines.join()).not.toMatch(/12345|SECRET/);
    const { notify } = await load(`notify: [{ kind: slack, url: "https://SECRET" }]\n${REST}`);
    expect(JSON.stringify(notify)).not.toContain('SECRET');
  });
});

describe('metrics.listen', () => {
  it.each([
    ['127.0.0.1:9460', { host: '127.0.0.1', port: 9460 }],
    ['"[::1]:9460"', { host: '::1', port: 9460 }],
    ['localhost:1', { host: 'localhost', port: 1 }],
  ])('takes %s', async (written, address) => {
    expect((await load(`metrics: { listen: ${written} }\n${REST}`)).metrics?.listen).toEqual(
      address,
    );
  });

  it.each([
    '9460',
    '127.0.0.1',
    'example.org:80',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '256.0.0.1:80',
    '"[x]:1"',
  ])('refuses %s', async (written) => {
    expect(await complaints(`metrics: { listen: ${written} }\n${REST}`)).toEqual([
      expect.stringContaining('metrics.listen: expected an address and port'),
    ]);
  });
});
