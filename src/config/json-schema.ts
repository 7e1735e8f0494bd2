import { jsonSchema, section } from './fields.js';
import type { DriverSettings } from './interpret.js';
import { generalFields, mirrorSection, NAME, targetFields } from './schema.js';
import type { Place } from './secret.js';

type Json = Readonly<Record<string, unknown>>;

/** Nothing of a schema depends on the place; only reading does. */
const NOWHERE: Place = { folder: '/', env: {} };

/**
 * The configuration as JSON Schema, so that an editor completes and checks it. Made from what the configuration is read
 * with. `drivers` are the kinds that a target may name; each brings its own settings.
 */
export function configJsonSchema(drivers: readonly DriverSettings[]): Json {
  const general = jsonSchema(section('longshore configuration', generalFields(NOWHERE)));
  const mirror = jsonSchema(mirrorSection(NOWHERE));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#', // what editors support best; nothing newer is used
    title: 'longshore configuration',
    type: 'object',
    additionalProperties: false,
    required: ['targets', 'mirrors'],
    properties: {
      ...(general['properties'] as Json),
      targets: {
        description: 'Where mirrors go to: storage with its credentials and limits, under names of your choice.',
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: NAME.source },
        additionalProperties: target(drivers),
      },
      mirrors: { description: 'What is mirrored.', type: 'array', minItems: 1, items: mirror },
    },
  };
}

/** One branch a driver, chosen by `driver`, so that an editor complains about the branch that was meant. */
function target(drivers: readonly DriverSettings[]): Json {
  const { properties } = jsonSchema(section('A target.', targetFields)) as { properties: Readonly<Record<string, Json>> };
  return {
    type: 'object',
    required: ['driver'],
    properties: { driver: { ...properties['driver'], enum: drivers.flatMap(({ name, aliases }) => [name, ...aliases]) } },
    allOf: drivers.map(({ name, aliases, summary, settings }) => {
      const own = jsonSchema(settings(NOWHERE)) as { properties?: Json };
      return {
        if: { properties: { driver: { enum: [name, ...aliases] } }, required: ['driver'] },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
        then: { description: summary, ...own, properties: { ...properties, ...own.properties } },
      };
    }),
  };
}
