import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.js';
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

  it('knows every key and describes it', () => {
    const { state, log, drain, targets, mirrors } = schema.properties;
    const mirror = mirrors!.items;
    expect(mirror.required).toEqual(['name', 'source', 'target', 'container']);
    expect(mirror.additionalProperties).toBe(false);
    expect(Object.keys(log!.properties)).toEqual(['level', 'format']);
    for (const field of [state, drain, targets, mirrors, ...Object.values(mirror.properties)]) expect(field!.description).toMatch(/\w/);
  });

  it("has each driver's own settings beside what every target has", () => {
    const target = schema.properties['targets']!.additionalProperties;
    expect(target.properties['driver']!.enum).toEqual(['local', 's3', 'minio']);
    const local = target.allOf[0]!;
    expect(local.if).toEqual({ properties: { driver: { enum: ['local'] } }, required: ['driver'] });
    expect(Object.keys(local.then.properties)).toEqual(['driver', 'concurrency', 'root', 'fsync', 'key']);
    expect(local.then.additionalProperties).toBe(false);
  });
});
