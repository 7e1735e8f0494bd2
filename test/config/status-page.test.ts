import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, complaints, load, MIRROR, TARGETS, withConfigFolder } from './loading.js';

withConfigFolder();

const status = (lines: string) => `status: { ${lines} }\n${TARGETS}${MIRROR}`;
const problems = async (lines: string) =>
  (await complaints(status(lines))).map((line) => line.replace(/^longshore\.yaml:\d+:\d+ {2}/, ''));

describe('status page', () => {
  it('is off by default, and when it says so', async () => {
    expect((await load(TARGETS + MIRROR)).statusPage).toBeUndefined();
    expect((await load(status('listen: off'))).statusPage).toBeUndefined();
    expect((await load(status('hosts: [a.example]'))).statusPage).toBeUndefined();
  });

  it('listens on loopback with a token of its own and no names by default', async () => {
    expect((await load(status('listen: "127.0.0.1:7460"'))).statusPage).toEqual({
      listen: { host: '127.0.0.1', port: 7460 },
      public: false,
      tls: undefined,
      behindProxy: [],
      hosts: [],
      token: undefined,
      readToken: undefined,
      metricsToken: undefined,
    });
    for (const listen of ['[::1]:80', '127.8.8.8:1', 'localhost:7460', 'systemd'])
      expect((await load(status(`listen: "${listen}"`))).statusPage).toBeDefined();
  });

  it.each([
    '7460',
    '":7460"',
    'example.org:7460',
    '127.0.0.1',
    '"127.0.0.1:0"',
    '"127.0.0.1:65536"',
    'true',
  ])('does not listen on %s', async (listen) => {
    const [problem] = await problems(`listen: ${listen}`);
    expect(problem).toMatch(/^status\.listen: expected an address such as "127\.0\.0\.1:7460"/);
  });

  it.each(['0.0.0.0:7460', '[::]:7460', '192.0.2.1:7460', '[2001:db8::1]:7460'])(
    'listens on %s only when that is said, with TLS or a named proxy',
    async (listen) => {
      const [notSaid] = await problems(
        `listen: "${listen}", tls: { certificate: c, key: k }, hosts: [a.b]`,
      );
      expect(notSaid).toMatch(
        /^status\.listen: other machines reach .*: expected a loopback address/,
      );
      const [clear] = await problems(`listen: "${listen}", public: true, hosts: [a.b]`);
      expect(clear).toMatch(/^status\.public: the token would be readable on the network/);
      const tls = await load(
        status(
          `listen: "${listen}", public: true, tls: { certificate: c.pem, key: k.pem }, hosts: [A.b]`,
        ),
      );
      expect(tls.statusPage).toMatchObject({
        tls: { certificate: join(at.folder, 'c.pem'), key: join(at.folder, 'k.pem') },
        hosts: ['a.b'],
      });
      const proxied = `listen: "${listen}", public: true, behind_proxy: [192.0.2.7], hosts: [a.b]`;
      expect((await load(status(proxied))).statusPage?.behindProxy).toEqual(['192.0.2.7']);
    },
  );

  it('wants the names by which browsers come, where the address does not say them', async () => {
    const tls = 'tls: { certificate: c, key: k }';
    const missing = ['status.hosts: missing; expected the names by which browsers reach the page'];
    expect(await problems(`listen: "0.0.0.0:7460", public: true, ${tls}`)).toEqual(missing);
    expect(await problems('listen: "127.0.0.1:7460", behind_proxy: ["127.0.0.1"]')).toEqual(
      missing,
    );
    await load(status(`listen: "192.0.2.1:7460", public: true, ${tls}`));
  });

  it.each(['"*"', '"a.b:80"', '"http://a.b"', '"a..b"', '"-a"', '""'])(
    'does not take %s for a name',
    async (host) => {
      const [problem] = await problems(`listen: "127.0.0.1:7460", hosts: [${host}]`);
      expect(problem).toMatch(
        /^status\.hosts\[0\]: expected a name such as "backup\.example\.org"/,
      );
    },
  );

  it('does not take a name for a proxy', async () => {
    const [problem] = await problems(
      'listen: "127.0.0.1:7460", behind_proxy: [proxy.example], hosts: [a.b]',
    );
    expect(problem).toMatch(
      /^status\.behind_proxy\[0\]: expected an IP address or network such as "192\.0\.2\.7"/,
    );
  });

  it('has a token for each role, from where secrets are', async () => {
    const { statusPage } = await load(
      status(
        'listen: systemd, token: { env: A }, read_token: { env: B }, metrics_token: { env: C }',
      ),
      { A: 'a', B: 'b', C: 'c' },
    );
    expect(statusPage?.token?.reveal()).toBe('a');
    expect(statusPage?.readToken?.reveal()).toBe('b');
    expect(statusPage?.metricsToken?.reveal()).toBe('c');
    expect(JSON.stringify(statusPage)).not.toMatch(/"[abc]"/);
  });
});
