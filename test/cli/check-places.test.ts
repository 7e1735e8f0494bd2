import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole();
  mkdirSync(join(console.folder, 'source'));
});
afterEach(() => console.remove());

function write(target: string, mirror: string): void {
  writeConfig(
    console.folder,
    `targets:\n  there: { ${target} }\nmirrors:\n  - { name: documents, source: ./source, target: there, ${mirror} }\n`,
  );
}

const LOCAL = 'driver: local, root: ./vault';
const S3 = 'driver: s3, key: k, secret: s, region: us-east-1';
const SWIFT =
  'driver: swift, auth_url: "http://127.0.0.1:1/auth/v1.0", key: "test:tester", secret: testing';
const CUSTOMER = `encryption: { type: customer, customer_key: ${Buffer.alloc(32).toString('base64')} }`;

it.each([
  [
    'container of a local target',
    LOCAL,
    'container: .longshore',
    /container: .*it starts with a dot/,
  ],
  [
    'container that leads out of a local target',
    LOCAL,
    'container: ../c',
    /container: .*starts with a dot/,
  ],
  ['container that no S3 can have', S3, 'container: ../c', /container: .*lower-case letters/],
  ['container that no Swift can have', SWIFT, 'container: a/b', /container: .*without "\/"/],
  [
    'prefix that is longshore’s own folder',
    LOCAL,
    'container: c, prefix: .longshore/',
    /prefix: ".longshore" is the folder in which/,
  ],
  [
    'prefix inside longshore’s own folder',
    S3,
    'container: abc, prefix: a/.longshore/b',
    /prefix: ".longshore" is the folder in which/,
  ],
  [
    'prefix where a local target keeps what is unfinished',
    LOCAL,
    'container: c, prefix: .longshore-incoming',
    /prefix: .*unfinished/,
  ],
  [
    'prefix that is too long for any key',
    S3,
    `container: abc, prefix: ${'p'.repeat(1024)}`,
    /prefix: .*1024 are allowed/,
  ],
  [
    'trash in the place of the lease',
    S3,
    'container: abc, trash_prefix: .longshore/lease/',
    /trash_prefix: longshore has another/,
  ],
  [
    'name that no new S3 container has',
    S3,
    'container: Bad_Name',
    /container: no container can be created that is called "Bad_Name": /,
  ],
  [
    'customer key over plain http',
    `${S3}, secure: false, ${CUSTOMER}`,
    'container: abc',
    /targets\.there: .*needs secure: true/,
  ],
  [
    'IPv6 address without brackets',
    `${S3}, host: "::1"`,
    'container: abc',
    /host: .*in brackets: "\[::1\]"/,
  ],
  [
    'file of authorities that is not there',
    `${S3}, ca_file: ./ca.pem`,
    'container: abc',
    /targets\.there: ca_file .*ENOENT/,
  ],
])('check: refuses a %s', async (_, target, mirror, message) => {
  write(target, mirror);
  expect(await console.run(['check'])).toBe(2);
  expect(console.stderr.text()).toMatch(message);
});

it.each([
  ['an IPv6 address in brackets', `${S3}, host: "[::1]"`, 'container: abc'],
  ['a container with capitals in Swift', SWIFT, 'container: Bad_Name'],
  ['the trash beside the lease', LOCAL, 'container: c, trash_prefix: .longshore/bin/'],
  [
    'a prefix whose name only begins like longshore’s folder',
    LOCAL,
    'container: c, prefix: .longshore2/',
  ],
])('check: takes %s', async (_, target, mirror) => {
  write(target, mirror);
  expect(await console.run(['check']), console.stderr.text()).toBe(0);
});

it('check: does not refuse a container whose name has S3’s older form, since it may exist already', async () => {
  write(S3, 'container: Bad_Name');
  expect(await console.run(['reconcile'], { runOnce: async () => [] })).toBe(0);
});
