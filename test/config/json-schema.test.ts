import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { builtinDrivers } from '../../src/drivers/registry/registry.js';
import { stubDrivers } from './stub-drivers.js';

interface Node {
  readonly properties: Readonly<Record<string, Node>>;
  readonly items: Node;
  readonly additionalProperties: Node;
  readonly allOf: readonly { readonly if: unknown; readonly then: Node }[];
  readonly required: readonly string[];
  readonly description: string;
  readonly enum: readonly string[];
}

describe('the JSON Schema of the configuration', () => {
  const schema = configJsonSchema(stubDrivers.all) as unknown as Node;

  it('lists and describes every key', () => {
    const { state, log, drain, targets, mirrors } = schema.properties;
    const mirror = mirrors!.items;
    expect(mirror.required).toEqual(['name', 'source', 'target', 'container']);
    expect(mirror.additionalProperties).toBe(false);
    expect(Object.keys(log!.properties)).toEqual(['level', 'format', 'repeats', 'file']);
    for (const field of [state, drain, targets, mirrors, ...Object.values(mirror.properties)])
      expect(field!.description).toMatch(/\w/);
  });

  it("has each driver's own settings beside what every target has", () => {
    const target = schema.properties['targets']!.additionalProperties;
    expect(target.properties['driver']!.enum).toEqual(['local', 's3', 'minio']);
    const local = target.allOf[0]!;
    expect(local.if).toEqual({ properties: { driver: { enum: ['local'] } }, required: ['driver'] });
    expect(Object.keys(local.then.properties)).toEqual([
      'driver',
      'concurrency',
      'bandwidth',
      'request_rate',
      'multipart_threshold',
      'part_size',
      'root',
      'fsync',
      'key',
    ]);
    expect(local.then.additionalProperties).toBe(false);
  });

  it('writes what several drivers have in common once, and every reference leads somewhere', () => {
    const all = configJsonSchema(builtinDrivers) as unknown as Node & {
      readonly definitions: Readonly<Record<string, Node>>;
    };
    const settings = all.properties['targets']!.additionalProperties.allOf.flatMap(({ then }) =>
      Object.values(then.properties),
    );
    const references = settings.flatMap((setting) =>
      '$ref' in setting ? [String(setting.$ref)] : [],
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references)
      expect(all.definitions[reference.replace('#/definitions/', '')]).toHaveProperty(
        'description',
      );
    const written = [
      ...Object.values(all.definitions),
      ...settings.filter((setting) => !('$ref' in setting)),
    ].map((each) => JSON.stringify(each));
    expect(written.filter((each, at) => written.indexOf(each) !== at)).toEqual([]);
  });
});
