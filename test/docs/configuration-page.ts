import { EXAMPLES } from './configuration-examples.js';
import { GROUPS } from './configuration-groups.js';
import { INTRODUCTION } from './configuration-introduction.js';

/** A node of the configuration's JSON Schema, as far as the page uses it. */
export interface Node {
  readonly description?: string;
  readonly $comment?: string;
  readonly $ref?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly type?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly const?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node;
  readonly allOf?: readonly {
    readonly if: { readonly properties: { readonly driver: Node } };
    readonly then: Node;
  }[];
  readonly definitions?: Readonly<Record<string, Node>>;
}

export interface DriverName {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
}

/**
 * docs/configuration.md, made from the configuration's JSON Schema.
 * @throws Error for a setting that is in no group, or that no example shows
 */
export function configurationPage(schema: Node, drivers: readonly DriverName[]): string {
  const definitions = schema.definitions ?? {};
  const general = schema.properties ?? {};
  const targets = general['targets']?.additionalProperties?.allOf ?? [];
  const mirror = general['mirrors']?.items ?? {};
  const settingsOf = (driver: string): Node => {
    const branch = targets.find(({ if: condition }) =>
      condition.properties.driver.enum?.includes(driver),
    );
    if (branch === undefined) throw new Error(`the schema has no driver ${driver}`);
    return branch.then;
  };
  const resolve = (node: Node): Node =>
    node.$ref === undefined ? node : (definitions[node.$ref.replace('#/definitions/', '')] ?? node);
  const grouped = (
    node: Node,
    groups: readonly (readonly [title: string, names: readonly string[]])[],
    skip: readonly string[],
  ) => {
    const left = new Set(Object.keys(node.properties ?? {}).filter((name) => !skip.includes(name)));
    const sections = groups.map(([title, names]) => {
      for (const name of names) left.delete(name);
      return section(title, names, node, resolve);
    });
    if (left.size > 0) throw new Error(`settings in no group of the page: ${[...left].join(', ')}`);
    return sections;
  };
  const common = [...(GROUPS.target[0]?.[1] ?? [])];
  const parts = [
    INTRODUCTION,
    '## General\n',
    ...grouped(schema, GROUPS.general, ['targets', 'mirrors']),
    '## Targets\n\nStorage, under names of your choice (1 to 64 letters, digits, `.`, `_` or `-`), used by any number of mirrors.\n',
    ...grouped(commonSettings(settingsOf('memory')), GROUPS.target, []),
    ...DRIVER_PAGES.flatMap((driver) => [
      `## Driver \`${driver}\`\n\n${settingsOf(driver).description ?? ''} See [its chapter](drivers/${driver}.md).\n`,
      ...grouped(settingsOf(driver), GROUPS[driver], [
        ...common,
        ...otherSpellings(settingsOf(driver)).keys(),
      ]),
      spellings(settingsOf(driver)),
    ]),
    '## Other names of drivers\n\nNames of Apache Libcloud and of providers, with the settings of the driver that they stand for:\n',
    `${drivers.map(otherName).filter(Boolean).join('\n')}\n`,
    '## Mirrors\n\nA list: each entry is one folder that is mirrored to one part of one target.\n',
    ...grouped(mirror, GROUPS.mirror, []),
  ];
  return `${parts
    .filter((part) => part !== '')
    .join('\n')
    .trimEnd()}\n`;
}

const DRIVER_PAGES = [
  'local',
  's3',
  'swift',
  'azure_blobs',
  'backblaze_b2',
  'google_storage',
] as const;
const WIDTH = 100;

/** What the settings of all drivers have in common, with the names of the drivers. */
function commonSettings(memory: Node): Node {
  const driver = {
    ...memory.properties?.['driver'],
    $ref: '',
    description: 'The kind of storage.',
    enum: [...DRIVER_PAGES, 'memory'],
  };
  return { ...memory, properties: { ...memory.properties, driver }, required: ['driver'] };
}

function otherName({ name, aliases, summary }: DriverName): string {
  const base = [...DRIVER_PAGES, 'memory'].includes(name);
  if (base && aliases.length === 0) return '';
  const names = (base ? aliases : [name, ...aliases]).map(code).join(', ');
  return `- ${names}: ${base ? code(name) : summary}`;
}

/** Settings that are another one under a second name, such as Libcloud's, and the name that this page uses. */
function otherSpellings({ properties = {} }: Node): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  const others = new Map<string, string>();
  for (const [name, node] of Object.entries(properties)) {
    const known = first.get(JSON.stringify(node));
    if (known === undefined) first.set(JSON.stringify(node), name);
    else others.set(name, known);
  }
  return others;
}

function spellings(settings: Node): string {
  const others = [...otherSpellings(settings)].map(
    ([other, name]) => `${code(other)} is ${code(name)}`,
  );
  return others.length === 0
    ? ''
    : `${wrapped(`Other spellings, of Libcloud: ${others.join(', ')}.`, '').replaceAll('\n  ', '\n')}\n`;
}

function section(
  title: string,
  names: readonly string[],
  node: Node,
  resolve: (node: Node) => Node,
): string {
  const example = EXAMPLES[title];
  if (example === undefined) throw new Error(`no example for the group "${title}" of the page`);
  const items = names.flatMap((name) => {
    const found = node.properties?.[name];
    if (found === undefined)
      throw new Error(`the page names a setting that the schema does not have: ${name}`);
    return settingLines(name, resolve(found), node.required?.includes(name) ?? false, 0);
  });
  for (const [, name = ''] of items.join('\n').matchAll(/^ *- \*\*`(\w+)`\*\*/gm)) {
    if (!new RegExp(`\\b${name}:`).test(example))
      throw new Error(`the example of "${title}" does not show ${name}`);
  }
  return `### ${title}\n\n${items.join('\n')}\n\n\`\`\`yaml\n${example.trim()}\n\`\`\`\n`;
}

/** One setting, and below it those of the section that it holds. */
function settingLines(name: string, node: Node, required: boolean, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const facts = [valueText(node), ...(required ? ['required'] : defaultOf(node))].filter(
    (fact) => fact !== '',
  );
  const inner = innerOf(node);
  return [
    wrapped(
      `- **${code(name)}**: ${facts.join('; ')}. ${sentence(node.description ?? '')}`,
      indent,
    ),
    ...Object.entries(inner?.properties ?? {}).flatMap(([each, child]) =>
      settingLines(each, child, inner?.required?.includes(each) ?? false, depth + 1),
    ),
  ];
}

/** The section of settings that a setting holds, alone, in a list, or beside a word that switches it off. */
function innerOf(node: Node): Node | undefined {
  if (node.properties !== undefined) return node;
  if (node.items?.properties !== undefined) return node.items;
  return node.$comment === undefined
    ? node.anyOf?.find(({ properties }) => properties !== undefined)
    : undefined;
}

function valueText(node: Node): string {
  if (node.$comment !== undefined) return amount(node.$comment);
  if (node.enum !== undefined) return node.enum.map(code).join(', ');
  if (node.anyOf !== undefined)
    return node.anyOf
      .map((each) => (each.const === undefined ? 'a section' : code(each.const)))
      .join(' or ');
  if (node.type === 'array' && node.items?.$comment !== undefined)
    return `list, each ${amount(node.items.$comment)}`;
  if (node.type === 'array')
    return `list of ${node.items?.enum?.map(code).join(', ') ?? (node.items?.properties ? 'sections' : /pattern/i.test(node.items?.description ?? '') ? 'patterns' : 'texts')}`;
  if (node.type === 'object') return 'a section';
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.type === 'integer') return `a whole number${bounds(node)}`;
  return 'text';
}

function bounds({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Node): string {
  if (maximum < Number.MAX_SAFE_INTEGER) return ` from ${minimum} to ${maximum}`;
  return minimum > 0 ? `, at least ${minimum}` : '';
}

/** `a duration such as "500ms", "30s" from 0 to 1h` becomes `a duration from 0 to 1h`: the introduction says how they are written. */
function amount(what: string): string {
  return what
    .replace(
      /^(an? (?:duration|size|rate)) such as (?:"[^"]*"(?:, | or )?)+?(?=$| from| of|, or "off")/,
      '$1',
    )
    .replace(/^a secret: .*/, 'a secret')
    .replace(/"([^"]+)"/g, '`$1`');
}

function defaultOf(node: Node): string[] {
  const { default: value } = node;
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return [];
  if (value === '') return ['default empty'];
  if (Array.isArray(value))
    return value.length === 0 ? ['default none'] : [`default ${code(`[${value.join(', ')}]`)}`];
  return [`default ${code(String(value))}`];
}

/** A list item in lines of the page's width; its further lines stand below the text of the first. */
function wrapped(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + longer.length > WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => indent + line).join('\n');
}

const code = (text: string) => `\`${text}\``;
const sentence = (text: string) => (/[.!?]$/.test(text) || text === '' ? text : `${text}.`);
