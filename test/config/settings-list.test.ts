import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { readWritten } from '../../src/config/load.js';
import { listSettings } from '../../src/config/settings-list.js';
import { builtinDrivers } from '../../src/drivers/registry/registry.js';
import { temporaryFolder } from '../world/folder.js';

const TEXT = `state: ./state
status: { listen: "127.0.0.1:7460", token: { credential: page-token } }
notify:
  - { kind: ntfy, url: "https://ntfy.example.net/SECRET-TOPIC", after: 5m }
targets:
  offsite:
    driver: s3
    key: { env: S3_KEY }
    secret: SECRET-OF-S3
    bandwidth: { "Mon-Fri 08:00-18:00": 20MiB/s }
mirrors:
  - name: documents
    source: /srv/documents
    target: offsite
    container: documents
    exclude: ["*.tmp", "node_modules/"]
    guard: { count: 500 }
`;

async function listed(text = TEXT) {
  const file = join(temporaryFolder('settings'), 'longshore.yaml');
  writeFileSync(file, text);
  const written = await readWritten(file);
  const secrets = ['https://ntfy.example.net/SECRET-TOPIC', 'SECRET-OF-S3'];
  return listSettings({ ...written, schema: configJsonSchema(builtinDrivers), secrets });
}

test('settings: each has the value that is written, and its line', async () => {
  const found = new Map((await listed()).map((each) => [each.setting, each]));
  const at = (setting: string) => {
    const { value, line, isDefault } = found.get(setting) ?? {};
    return [value, line, isDefault];
  };
  expect(at('state')).toEqual(['./state', 1, false]);
  expect(at('status.listen')).toEqual(['127.0.0.1:7460', 2, false]);
  expect(at('targets.offsite.driver')).toEqual(['s3', 7, false]);
  expect(at('targets.offsite.bandwidth.Mon-Fri 08:00-18:00')).toEqual(['20MiB/s', 10, false]);
  expect(at('mirrors.documents.exclude')).toEqual(['["*.tmp","node_modules/"]', 16, false]);
  expect(at('mirrors.documents.guard.count')).toEqual(['500', 17, false]);
});

test('settings: what the file does not say is there as its default', async () => {
  const defaults = new Map(
    (await listed()).flatMap(({ setting, value, line, isDefault }) =>
      isDefault ? [[setting, [value, line] as const]] : [],
    ),
  );
  expect(defaults.get('drain')).toEqual(['30s', null]);
  expect(defaults.get('mirrors.documents.settle')).toEqual(['500ms', null]);
  expect(defaults.get('mirrors.documents.guard.window')).toEqual(['1h', null]);
  expect(defaults.get('targets.offsite.secure')).toEqual(['true', null]);
  expect(defaults.has('mirrors.documents.guard.count')).toBe(false);
});

test('P9: settings: of a secret only the place is shown where it is kept', async () => {
  const found = await listed();
  expect(JSON.stringify(found)).not.toMatch(/SECRET/);
  const values = new Map(found.map(({ setting, value }) => [setting, value]));
  expect(values.get('targets.offsite.key')).toBe('{"env":"S3_KEY"}');
  expect(values.get('targets.offsite.secret')).toBe('[secret]');
  expect(values.get('notify[0].url')).toBe('[secret]');
  expect(values.get('notify[0].after')).toBe('5m');
  expect(values.get('status.token')).toBe('{"credential":"page-token"}');
});

test('settings: a file that is no section has none', async () => {
  expect(await listed('- a\n')).toEqual([]);
});
