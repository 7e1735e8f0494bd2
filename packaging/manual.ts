import type { CommandArgument, CommandOption, CommandTree } from '../src/cli/command-tree.js';
import { paragraph, roffText, section, subsection, term, title, verbatim } from './roff.js';

export interface Edition {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** longshore(1): what `--help` says of the program and of each command, as one page. */
export function programManual(program: CommandTree, { version, date }: Edition): string {
  return [
    title('longshore', 1, date, version),
    section(
      'Name',
      `longshore \\- ${roffText(lowerFirst(program.description.replace(/\.$/, '')))}\n`,
    ),
    section('Synopsis', `.B longshore\n.RB [ \\-c\n.IR FILE ]\n.I COMMAND\n.RI [ ARGUMENT ...]\n`),
    section(
      'Description',
      paragraph(program.description) +
        paragraph('The configuration is described in longshore.yaml(5).'),
    ),
    section('Options', program.options.map(option).join('')),
    section('Commands', leaves(program).map(command).join('')),
    section('Notes', verbatim(program.details)),
    section('See also', '.BR longshore.yaml (5),\n.BR systemd.service (5),\n.BR inotify (7)\n'),
  ].join('');
}

/** The commands that do something, those of groups such as `trash` too. */
function leaves(of: CommandTree): readonly CommandTree[] {
  return of.commands.flatMap((each) => (each.commands.length > 0 ? leaves(each) : [each]));
}

function command(tree: CommandTree): string {
  const name = tree.words.join(' ');
  const line = [name, ...tree.arguments.map(argument)].join(' ');
  return subsection(
    line,
    paragraph(sentence(tree.description)) +
      tree.arguments
        .filter(({ description }) => description !== '')
        .map((each) => term(argument(each), each.description))
        .join('') +
      tree.options
        .filter(({ names }) => !names.includes('--help'))
        .map(option)
        .join('') +
      (tree.details === '' ? '' : verbatim(tree.details)),
  );
}

function argument({ name, isRequired, isVariadic }: CommandArgument): string {
  const shown = `${name.toUpperCase()}${isVariadic ? '...' : ''}`;
  return isRequired ? shown : `[${shown}]`;
}

function option({ flags, description, defaultValue }: CommandOption): string {
  const byDefault = defaultValue === undefined ? '' : ` (default: ${defaultValue})`;
  return term(flags, `${description}${byDefault}`);
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** The part of JSON Schema (draft-07) that configurations are described with. */
export interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  /** With `then`: what holds for one kind of target. */
  readonly if?: { readonly properties: { readonly driver: { readonly enum: readonly string[] } } };
  readonly then?: Schema;
}

/** longshore.yaml(5): each setting of the configuration, from its JSON Schema. */
export function configurationManual(schema: Schema, { version, date }: Edition): string {
  return [
    title('longshore.yaml', 5, date, version),
    section('Name', 'longshore.yaml \\- configuration of longshore\n'),
    section(
      'Description',
      paragraph(
        'YAML. `longshore check` prints all errors of a configuration, with line and column. Lists are shown as [], and names of your choice as NAME.',
      ),
    ),
    section('Settings', [...new Set(settings(schema, '', schema.definitions ?? {}))].join('')),
    section('See also', '.BR longshore (1)\n'),
  ].join('');
}

type Definitions = NonNullable<Schema['definitions']>;

function settings(written: Schema, path: string, definitions: Definitions): readonly string[] {
  const schema = resolved(written, definitions);
  const below = (each: Schema, at: string) => settings(each, at, definitions);
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return [...setting(at, resolved(each, definitions)), ...below(each, at)];
    }),
    ...(schema.items === undefined ? [] : below(schema.items, `${path}[]`)),
    ...(typeof schema.additionalProperties === 'object'
      ? below(schema.additionalProperties, `${path}.NAME`)
      : []),
    ...(schema.anyOf ?? []).flatMap((each) => below(each, path)),
    ...(schema.allOf ?? []).flatMap(({ if: condition, then, ...each }) =>
      then === undefined || condition === undefined
        ? below(each, path)
        : below(then, `${path} (${condition.properties.driver.enum[0]})`),
    ),
  ];
}

function resolved(schema: Schema, definitions: Definitions): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  return name === undefined ? schema : { ...definitions[name], ...schema };
}

function setting(path: string, { description, default: byDefault }: Schema): readonly string[] {
  if (description === undefined) return [];
  const says = byDefault !== undefined && JSON.stringify(byDefault) !== '{}';
  return [term(path, says ? `${description} Default: ${JSON.stringify(byDefault)}.` : description)];
}
