import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { knownDrivers } from '../../src/cli/drivers.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { loadConfig } from '../../src/config/load.js';
import { temporaryFolder } from '../world/folder.js';

const ROOT = new URL('../../../', import.meta.url);
const example = readFileSync(new URL('config.example.yaml', ROOT), 'utf8');
/** Every option that is switched off stands behind a "#" without a space. */
const switchedOn = example.replace(/^( *)#(?=[^\s#])/gm, '$1');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('example');
});

function load(text: string) {
  writeFileSync(join(folder, 'config.yaml'), text);
  return loadConfig('config.yaml', { cwd: folder, env: {}, drivers: knownDrivers });
}

describe('config.example.yaml', () => {
  it('runs without an edit', async () => {
    const config = await load(example);
    expect(config.stateFolder).toBe(join(folder, '.longshore'));
    expect(config.targets).toMatchObject([
      { name: 'vault', driver: 'local', settings: { root: join(folder, 'containers') } },
    ]);
    expect(config.mirrors).toMatchObject([
      {
        name: 'documents',
        source: join(folder, 'data'),
        createSource: true,
        target: 'vault',
        container: 'documents',
      },
    ]);
  });

  it('is good with every option switched on', async () => {
    const config = await load(switchedOn);
    expect(config.targets.map(({ name }) => name)).toEqual([
      'vault',
      'offsite',
      'site',
      'scratch',
      'cloud',
      'azure',
      'offsite-b2',
      'google',
    ]);
    expect(config.mirrors[0]).toMatchObject({
      prefix: 'laptop/',
      exclude: ['*.tmp', 'node_modules/'],
      include: ['*.pdf', 'letters/**'],
    });
  });

  it('shows every option there is, and for options with a default the default', () => {
    const written = parse(switchedOn) as Record<string, unknown>;
    const { properties } = configJsonSchema(knownDrivers.all) as {
      properties: Record<string, { items: { properties: Record<string, unknown> } }>;
    };
    expect(Object.keys(written).sort()).toEqual(Object.keys(properties).sort());
    const [mirror] = written['mirrors'] as Record<string, unknown>[];
    expect(Object.keys(mirror!).sort()).toEqual(
      Object.keys(properties['mirrors']!.items.properties).sort(),
    );
    expect(Object.keys((written['targets'] as Record<string, object>)['vault']!).sort()).toEqual(
      optionsOf('local'),
    );
  });

  it('has the defaults where it says so', async () => {
    const asItIs = (await load(example)).mirrors[0]!;
    const { prefix, exclude, include, heartbeat, ...on } = (await load(switchedOn)).mirrors[0]!;
    expect({ ...asItIs, ...on }).toEqual(asItIs);
  });

  it('names the schema that editors check it with, and that is up to date', () => {
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json');
    const committed = JSON.parse(
      readFileSync(new URL('config.schema.json', ROOT), 'utf8'),
    ) as unknown;
    expect(
      committed,
      'stale; renew it: node dist/src/main.js schema >config.schema.json && npm run fix',
    ).toEqual(configJsonSchema(knownDrivers.all));
  });
});

/** The options of a driver, under their first names. */
function optionsOf(driver: string): string[] {
  const schema = configJsonSchema(knownDrivers.all) as {
    properties: {
      targets: { additionalProperties: { allOf: { if: unknown; then: { properties: object } }[] } };
    };
  };
  const branch = schema.properties.targets.additionalProperties.allOf.find((one) =>
    JSON.stringify(one.if).includes(`"${driver}"`),
  );
  return Object.keys(branch!.then.properties)
    .filter((name) => name !== 'key')
    .sort();
}
