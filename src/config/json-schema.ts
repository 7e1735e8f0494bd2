import { amounts, type Schema, section } from './fields.js';
import type { DriverSettings } from './interpret.js';
import { NAME } from './name.js';
import { generalFields, mirrorSection, targetFields } from './schema.js';
import type { ConfigContext } from './secret.js';
import * as z from './zod.js';

type Json = Readonly<Record<string, unknown>>;

/** A schema does not depend on its context; only reading does. */
const NOWHERE: ConfigContext = { folder: '/', env: {} };

/**
 * The configuration as JSON Schema, with which an editor completes and checks it. It is made from the schemas that read
 * the configuration. `drivers` are the drivers that a target may name; each adds its own settings.
 */
export function configJsonSchema(drivers: readonly DriverSettings[]): Json {
  const general = jsonSchema(section('longshore configuration', generalFields(NOWHERE)));
  const mirror = jsonSchema(mirrorSection(NOWHERE));
  const { target, definitions } = targets(drivers);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#', // what editors support best; nothing newer is used
    title: 'longshore configuration',
    type: 'object',
    additionalProperties: false,
    required: ['targets', 'mirrors'],
    properties: {
      ...(general['properties'] as Json),
      targets: {
        description:
          'Where mirrors go to: storage with its credentials and limits, under names of your choice.',
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: NAME.source },
        additionalProperties: target,
      },
      mirrors: { description: 'What is mirrored.', type: 'array', minItems: 1, items: mirror },
    },
    definitions,
  };
}

/**
 * A target: one branch per driver, chosen by the key `driver`, so that an editor complains about the branch that was
 * meant. A setting that several drivers describe in the same words is a shared definition.
 */
function targets(drivers: readonly DriverSettings[]): {
  readonly target: Json;
  readonly definitions: Json;
} {
  const { properties } = jsonSchema(section('A target.', targetFields)) as { properties: Schemas };
  const branches = drivers.map((driver) => {
    const own = jsonSchema(driver.settings(NOWHERE)) as { properties?: Schemas };
    return { driver, own, properties: { ...properties, ...own.properties } };
  });
  const shared = sharedSchemas(branches.map(({ driver, properties: all }) => [driver.name, all]));
  const refer = (schema: Json) => {
    const name = shared.get(JSON.stringify(schema))?.name;
    return name === undefined ? schema : { $ref: `#/definitions/${name}` };
  };
  return {
    target: {
      type: 'object',
      required: ['driver'],
      properties: {
        driver: {
          ...properties['driver'],
          enum: drivers.flatMap(({ name, aliases }) => [name, ...aliases]),
        },
      },
      allOf: branches.map(({ driver: { name, aliases, summary }, own, properties: all }) => ({
        if: { properties: { driver: { enum: [name, ...aliases] } }, required: ['driver'] },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
        then: { description: summary, ...own, properties: mapValues(all, refer) },
      })),
    },
    definitions: Object.fromEntries([...shared.values()].map(({ name, schema }) => [name, schema])),
  };
}

type Schemas = Readonly<Record<string, Json>>;

/** The schemas that more than one driver has, by their JSON, under the name of the first driver and its setting. */
function sharedSchemas(drivers: readonly (readonly [driver: string, settings: Schemas])[]) {
  const seen = new Map<string, { readonly name: string; readonly schema: Json; count: number }>();
  for (const [driver, settings] of drivers) {
    for (const [setting, schema] of Object.entries(settings)) {
      const key = JSON.stringify(schema);
      const known = seen.get(key);
      if (known === undefined) seen.set(key, { name: `${driver}.${setting}`, schema, count: 1 });
      else known.count += 1;
    }
  }
  return new Map([...seen].filter(([, { count }]) => count > 1));
}

function mapValues(record: Schemas, change: (schema: Json) => Json): Json {
  return Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, change(schema)]));
}

/** A schema as JSON Schema (draft 2020-12), for editors: it describes the written form, before any conversion. */
export function jsonSchema(schema: Schema): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: node }) => {
      if (zodSchema instanceof z.ZodDefault) {
        const show = amounts.get(zodSchema.def.innerType as Schema)?.show;
        if (show !== undefined) node.default = show(zodSchema.def.defaultValue as number);
      }
      const { otherNames, ...known } = node as typeof node & {
        otherNames?: Readonly<Record<string, string>>;
      };
      if (otherNames === undefined) return;
      for (const [other, name] of Object.entries(otherNames)) {
        const written = known.properties?.[name];
        if (written !== undefined) node.properties = { ...node.properties, [other]: written };
      }
      node.required = (node.required ?? []).filter(
        (name) => !Object.values(otherNames).includes(name),
      );
      delete (node as { otherNames?: unknown }).otherNames;
    },
  });
  return rest;
}
