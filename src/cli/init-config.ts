import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../package-files.js';

/** A configuration of one mirror, with paths as they are to stand in it. */
export interface FirstConfig {
  readonly state: string;
  /** Where the status page listens; undefined: there is none. */
  readonly page: string | undefined;
  /** The target's settings, with its driver. */
  readonly target: Readonly<Record<string, unknown>>;
  /** Undefined: `./data`, which the daemon creates. */
  readonly source: string | undefined;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly deletes: string;
}

/** The target of a first configuration. */
export const TARGET = 'vault';

const DELETES: Readonly<Record<string, string>> = {
  mirror: 'of deleted files, objects are deleted too; trash: they are kept for 30 days',
  trash: 'objects of deleted files are kept for 30 days: longshore trash',
  keep: 'objects of deleted files stay',
};

/** The text of the configuration: about a dozen lines, each with what a newcomer wants to know of it. Pure. */
export function configText(config: FirstConfig): string {
  const { state, page, target, source, container, prefix, deletes } = config;
  const lines = [
    `# yaml-language-server: $schema=${fileURLToPath(packageFile('config.schema.json'))}`,
    `# Every setting: longshore.yaml(5), and with comments ${fileURLToPath(packageFile('config.example.yaml'))}`,
    `state: ${scalar(state)} # the index of what was sent; losing it loses no files`,
    ...(page === undefined
      ? ['#status: { listen: "127.0.0.1:7460" } # remove the "#": a status page for your browser']
      : [`status: { listen: ${JSON.stringify(page)} } # the status page, for your browser`]),
    'targets:',
    `  ${TARGET}: ${flow(target)}`,
    'mirrors:',
    `  - name: ${source === undefined ? 'documents' : nameOf(source)}`,
    `    source: ${scalar(source ?? './data')}`,
    ...(source === undefined
      ? ['    create_source: true # make the folder when it is missing']
      : []),
    `    target: ${TARGET}`,
    `    container: ${scalar(container)}`,
    ...(prefix === '' ? [] : [`    prefix: ${scalar(prefix)}`]),
    `    deletes: ${scalar(deletes)}${deletes in DELETES ? ` # ${DELETES[deletes]}` : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The name of the mirror of a folder. */
export function nameOf(source: string): string {
  const name = basename(source)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 64);
  return name || 'first';
}

/** A mapping on one line. */
function flow(settings: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}: ${inFlow(value)}`);
  return `{ ${pairs.join(', ')} }`;
}

function inFlow(value: unknown): string {
  if (typeof value === 'string') return scalar(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return flow(value as Readonly<Record<string, unknown>>);
  return JSON.stringify(value);
}

/** Words that YAML, or an older one, reads as something else than text. */
const NO_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/;

/** Plain where it is a word, else quoted as JSON, which YAML reads. */
function scalar(text: string): string {
  return /^[a-z][a-z0-9_-]*$/.test(text) && !NO_TEXT.test(text) ? text : JSON.stringify(text);
}
