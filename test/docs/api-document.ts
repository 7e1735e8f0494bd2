import * as z from '../../src/config/zod.js';
import { readVersion } from '../../src/package-files.js';
import { OPERATIONS } from '../../src/status/operations.js';
import type { Operation } from '../../src/status/operations-objects.js';
import { failure } from '../../src/status/schema-status.js';

type Json = Readonly<Record<string, unknown>>;

/** docs/api.json: the control API as OpenAPI 3.1, made from the schemas that its types are inferred from. */
export function apiDocument(): Json {
  const paths = new Map<string, Record<string, Json>>();
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = name.split(' ');
    const template = path.replace(/:(\w+)/g, '{$1}');
    const methods = paths.get(template) ?? {};
    methods[method.toLowerCase()] = described(name, path, operation);
    paths.set(template, methods);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'longshore control API',
      version: readVersion(),
      description:
        'What a running daemon answers, at control.sock in its state folder. Members may be added in any version: ignore what you do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    paths: Object.fromEntries(paths),
    components: { schemas: { Failure: schemaOf(failure) } },
  };
}

function described(name: string, path: string, operation: Operation): Json {
  const { summary, query, body, answer, contentType = 'application/json' } = operation;
  const { refusals = {} } = operation;
  const schema = schemaOf(answer);
  return {
    operationId: name.replace(/[ /:]+/g, '-').toLowerCase(),
    summary,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } },
    }),
    responses: {
      200: {
        description: String(schema['description'] ?? summary),
        content: { [contentType]: { schema } },
      },
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, why]) => [status, refusal(why)]),
      ),
      default: refusal('The request was refused.'),
    },
  };
}

function refusal(description: string): Json {
  const schema = { $ref: '#/components/schemas/Failure' };
  return { description, content: { 'application/json': { schema } } };
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Operation['query']): readonly Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Json;
  return rest;
}
