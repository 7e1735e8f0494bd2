import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { activatedSocket } from '../../src/listener/activation.js';
import { readOrMakeToken, tokenFile } from '../../src/listener/token-file.js';
import { temporaryFolder } from '../world/folder.js';
import { serveListener, steppedClock } from './fixture.js';

test('P9: status page: the token that longshore makes has 256 random bits, for its owner alone', () => {
  const folder = temporaryFolder('token');
  const token = readOrMakeToken(folder);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(statSync(tokenFile(folder)).mode & 0o777).toBe(0o600);
  expect(readOrMakeToken(folder)).toBe(token);
  rmSync(tokenFile(folder));
  expect(readOrMakeToken(folder)).not.toBe(token);
});

test('status page: a token file that cannot be read is an error, and is not replaced', () => {
  const folder = temporaryFolder('token');
  expect(() => readOrMakeToken(join(folder, 'missing'))).toThrow(/ENOENT/);
  writeFileSync(tokenFile(folder), '');
  expect(readOrMakeToken(folder)).toBe('');
});

test('status page: an address that other machines reach is refused unless it is said to be public and is guarded', async () => {
  const listen = { host: '0.0.0.0', port: 0 };
  const tls = undefined;
  for (const settings of [
    { listen },
    { listen, public: true, tls },
    { listen, behindProxy: ['192.0.2.7'] },
    { listen: { host: '::', port: 0 } },
  ])
    await expect(serveListener({ settings })).rejects.toThrow(
      /other machines reach .*: expected a loopback/,
    );
});

test('status page: an address that is taken is an error with the address', async () => {
  const { port } = await serveListener();
  const settings = { listen: { host: '127.0.0.1', port } };
  await expect(serveListener({ settings })).rejects.toThrow(new RegExp(`EADDRINUSE.*${port}`));
});

test.each([
  [{ LISTEN_PID: '7', LISTEN_FDS: '1' }, 3],
  [{ LISTEN_PID: '7', LISTEN_FDS: '2' }, 3],
  [{ LISTEN_PID: '8', LISTEN_FDS: '1' }, undefined],
  [{ LISTEN_PID: '7', LISTEN_FDS: '0' }, undefined],
  [{ LISTEN_PID: '7', LISTEN_FDS: 'x' }, undefined],
  [{}, undefined],
])('systemd’s sockets of %j are those of descriptor %s for process 7', (env, fd) => {
  expect(activatedSocket(env, 7)).toBe(fd);
});

test('status page: without a socket of systemd the error says what to do', async () => {
  await expect(serveListener({ settings: { listen: 'systemd' } })).rejects.toThrow(
    /systemd has passed no socket/,
  );
});

/** Of a certificate for localhost that signs itself. */
function tlsFiles(): { readonly certificate: string; readonly key: string } {
  const folder = temporaryFolder('tls');
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const options = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${certificate}`;
  execFileSync('openssl', options.split(' '), { stdio: 'ignore' });
  return { certificate, key };
}

test('status page: speaks TLS with the given certificate, and keeps its cookie for TLS', async () => {
  const tls = tlsFiles();
  const served = await serveListener({ settings: { tls } });
  const cookie = await new Promise<string>((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: served.port,
        servername: 'localhost',
        path: '/api/v1/session',
        method: 'POST',
        ca: readFileSync(tls.certificate),
        headers: {
          host: `localhost:${served.port}`,
          origin: `https://localhost:${served.port}`,
          authorization: 'Bearer decide-token-0123456789-abcdefghijklmn',
          'content-type': 'application/json',
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.headers['set-cookie']?.[0] ?? ''));
      },
    );
    asking.on('error', reject);
    asking.end('{}');
  });
  expect(cookie).toMatch(/^__Host-longshore-\d+=[\w-]{43}; Path=\/; .*; Secure$/);
  // Clear text on that port gets nothing.
  const plain = connect(served.port, '127.0.0.1');
  plain.on('error', () => {});
  let text = '';
  plain.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  plain.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => plain.on('close', resolve));
  expect(text).not.toContain('HTTP/1.1 200');
});

test('status page: a renewed certificate is taken over without a restart, and one that cannot be used is not', async () => {
  const [tls, renewed] = [tlsFiles(), tlsFiles()];
  const minutely: (() => void)[] = [];
  const clock = {
    ...steppedClock(),
    after(ms: number, run: () => void) {
      if (ms === 60_000) minutely.push(run);
      return () => {};
    },
  };
  const served = await serveListener({ settings: { tls }, clock });
  const look = () => minutely.shift()?.();
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: served.port, rejectUnauthorized: false };
      const socket = connectTls(options, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const of = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;
  const [before, after] = [of(tls.certificate), of(renewed.certificate)];
  expect(await shown()).toBe(before);
  look();
  expect(served.log()).not.toContain('renewed');

  // In the middle of a renewal the certificate is new, and its key is not there yet.
  copyFileSync(renewed.certificate, tls.certificate);
  look();
  look();
  expect(await shown()).toBe(before);
  writeFileSync(tls.key, 'nothing of a key');
  look();
  expect(await shown()).toBe(before);
  rmSync(tls.key);
  look();
  expect(await shown()).toBe(before);
  const refused = served.log().match(/warn certificate of the status page not renewed/g);
  expect(refused).toHaveLength(3);

  copyFileSync(renewed.key, tls.key);
  look();
  expect(await shown()).toBe(after);
  expect(served.log()).toContain('info certificate of the status page renewed');
});

test('status page: a certificate that cannot be read is an error with its path', async () => {
  const tls = { certificate: '/nowhere/cert.pem', key: '/nowhere/key.pem' };
  await expect(serveListener({ settings: { tls } })).rejects.toThrow('/nowhere/cert.pem');
});
