/** One setting in force, as a person would write it. */
export interface ShownSetting {
  /** As in `mirrors.documents.guard.count`: mirrors and targets by their names. */
  readonly setting: string;
  /** Scalars and lists as in JSON, texts without quotes; of a secret where it is kept, or `[secret]`. */
  readonly value: string;
  /** Line of the file, from 1; null: the file does not say it there. */
  readonly line: number | null;
  readonly isDefault: boolean;
}

export interface SettingsSources {
  /** What the file says, as plain data. */
  readonly content: unknown;
  /** The line of what is at a path of keys and positions; undefined: not known. */
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
  /** The JSON Schema of the configuration, which has the defaults. */
  readonly schema: Json;
  /** The texts of secrets that the file itself has. */
  readonly secrets: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** A text that has a secret in it is only hidden as a whole when the secret is not a part of any common word. */
const SHORTEST_PART = 6;

/** Every setting in force, in the order of the file, and after those of a section its defaults. Pure. */
export function listSettings(sources: SettingsSources): readonly ShownSetting[] {
  const { content, schema } = sources;
  if (!isJson(content)) return [];
  const { targets, mirrors, ...general } = content;
  const { targets: _, mirrors: __, ...generalSchemas } = propertiesOf(schema, schema);
  return [
    ...section(sources, general, generalSchemas, [], ''),
    ...Object.entries(isJson(targets) ? targets : {}).flatMap(([name, target]) =>
      isJson(target)
        ? section(
            sources,
            target,
            targetSchemas(schema, target['driver']),
            ['targets', name],
            `targets.${name}.`,
          )
        : [],
    ),
    ...(Array.isArray(mirrors) ? mirrors : []).flatMap((mirror: unknown, position) =>
      isJson(mirror)
        ? section(
            sources,
            mirror,
            mirrorSchemas(schema),
            ['mirrors', position],
            `mirrors.${String(mirror['name'])}.`,
          )
        : [],
    ),
  ];
}

function section(
  sources: SettingsSources,
  written: Json,
  schemas: Json,
  path: Path,
  label: string,
): readonly ShownSetting[] {
  const { lineOf, schema: root } = sources;
  const own = Object.entries(written).flatMap(([key, value]): readonly ShownSetting[] => {
    const at = [...path, key];
    if (Array.isArray(value) && value.some(isJson)) {
      const items = propertiesOf(resolved(resolved(schemas[key], root)['items'], root), root);
      return value.flatMap((item: unknown, position) =>
        isJson(item)
          ? section(sources, item, items, [...at, position], `${label}${key}[${position}].`)
          : [],
      );
    }
    if (isJson(value) && !isSecretPlace(value))
      return section(
        sources,
        value,
        propertiesOf(resolved(schemas[key], root), root),
        at,
        `${label}${key}.`,
      );
    const line = lineOf(at) ?? null;
    return [{ setting: label + key, value: shown(value, sources), line, isDefault: false }];
  });
  const defaults = Object.entries(schemas).flatMap(([key, schema]) =>
    Object.hasOwn(written, key) ? [] : defaultsOf(resolved(schema, root), root, label + key),
  );
  return [...own, ...defaults];
}

/** Of a section that is not written, those of its members. */
function defaultsOf(schema: Json, root: Json, setting: string): readonly ShownSetting[] {
  const { default: value } = schema;
  if (value === undefined) return [];
  if (!isJson(value)) return [{ setting, value: textOf(value), line: null, isDefault: true }];
  return Object.entries(propertiesOf(schema, root)).flatMap(([key, member]) =>
    defaultsOf(resolved(member, root), root, `${setting}.${key}`),
  );
}

/** `{ env: NAME }`, `{ file: PATH }` and `{ credential: NAME }` say where a secret is kept. */
function isSecretPlace(value: Json): boolean {
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && (key === 'env' || key === 'file' || key === 'credential');
}

function shown(value: unknown, { secrets }: Pick<SettingsSources, 'secrets'>): string {
  const text = textOf(value);
  const isSecret = secrets.some(
    (secret) => text === secret || (secret.length >= SHORTEST_PART && text.includes(secret)),
  );
  return isSecret ? '[secret]' : text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function propertiesOf(schema: Json, root: Json): Json {
  const { properties, anyOf } = schema;
  if (isJson(properties)) return properties;
  const branch = Array.isArray(anyOf)
    ? anyOf.map((each: unknown) => resolved(each, root)).find((each) => isJson(each['properties']))
    : undefined;
  return branch === undefined ? {} : propertiesOf(branch, root);
}

function mirrorSchemas(schema: Json): Json {
  const { mirrors } = propertiesOf(schema, schema);
  const items = isJson(mirrors) ? mirrors['items'] : undefined;
  return isJson(items) ? propertiesOf(items, schema) : {};
}

/** Of the branch of a driver. */
function targetSchemas(schema: Json, driver: unknown): Json {
  const { targets } = propertiesOf(schema, schema);
  const target = isJson(targets) ? targets['additionalProperties'] : undefined;
  const branches = isJson(target) && Array.isArray(target['allOf']) ? target['allOf'] : [];
  for (const branch of branches) {
    const names = branch?.if?.properties?.driver?.enum;
    if (Array.isArray(names) && names.includes(String(driver).toLowerCase()))
      return propertiesOf(branch.then, schema);
  }
  return {};
}

function resolved(schema: unknown, root: Json): Json {
  if (!isJson(schema)) return {};
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const definitions = root['definitions'];
  const name = $ref.slice('#/definitions/'.length);
  return isJson(definitions) && isJson(definitions[name]) ? definitions[name] : {};
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
