import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Config } from './config.js';
import { ConfigError } from './config-error.js';
import { secretsOfConfig } from './config-secrets.js';
import type { Complaint } from './fields.js';
import { interpret, type KnownDrivers, type Needs } from './interpret.js';
import { realPath } from './places.js';
import { digestOf, readText } from './read-text.js';
import { showKey } from './wording.js';

export interface LoadOptions {
  /** What a relative name of the file is relative to. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly drivers: KnownDrivers;
  /** Default: mirrors. */
  readonly needs?: Needs | undefined;
}

/**
 * Reads and checks a configuration file. Everything that is wrong with it comes in one ConfigError, as lines of
 * `file:line:column  path: expected …, got …`. Nothing but the file is read: secrets are looked up when they are used.
 */
export async function loadConfig(
  file: string,
  { cwd, env, drivers, needs }: LoadOptions,
): Promise<Config> {
  const path = resolve(cwd, file);
  const text = await readText(file, path);
  const source = sourceOf(file, text);
  const place = { folder: dirname(path), env };
  const { config, complaints } = interpret(source.content, place, drivers, realPath, needs);
  if (complaints !== undefined) throw new ConfigError(source.lines(complaints).join('\n'));
  return {
    ...config,
    file: path,
    digest: digestOf(text),
    warnings: await warningsOf(path, config),
  };
}

/** The same of a text that no file holds, such as stdin: its relative paths are seen from `cwd`. */
export async function readConfig(
  text: string,
  { cwd, env, drivers, needs }: LoadOptions,
): Promise<Config> {
  const source = sourceOf(STDIN, text);
  const { config, complaints } = interpret(
    source.content,
    { folder: cwd, env },
    drivers,
    realPath,
    needs,
  );
  if (complaints !== undefined) throw new ConfigError(source.lines(complaints).join('\n'));
  return { ...config, file: STDIN, warnings: [] };
}

const STDIN = 'stdin';

interface Source {
  readonly content: unknown;
  /** One line for each complaint, with its place in the file, from top to bottom. */
  lines(complaints: readonly Complaint[]): readonly string[];
}

function sourceOf(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const placed = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults = [...document.errors, ...document.warnings].map((fault) => ({
    offset: fault.pos[0],
    message: worded(fault),
  }));
  if (faults.length === 0) faults.push(...unresolvedAliases(document));
  if (faults.length > 0)
    throw new ConfigError(
      faults.map(({ offset, message }) => `${placed(offset)}  ${message}`).join('\n'),
    );
  if (document.contents === null)
    throw new ConfigError(`${file}: is empty; \`longshore init\` writes a commented one`);
  return {
    content: plain(file, document),
    lines: (complaints) =>
      complaints
        .map((complaint) => ({ ...complaint, offset: offsetOf(document, complaint) }))
        .sort((a, b) => a.offset - b.offset)
        .map(
          ({ offset, path, message }) =>
            `${placed(offset)}  ${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`,
        ),
  };
}

/** Without what the parser repeats of the file: a password that begins with one of these marks and stands without quotes. */
function worded({ code, message }: YAMLError): string {
  if (code === 'TAG_RESOLVE_FAILED') return 'no such tag; a text that begins with "!" needs quotes';
  const repeats = /^(.*[a-z]): .*$/s.exec(message)?.[1];
  return repeats === undefined
    ? message
    : `${repeats}; a text that begins with one of | > ] } needs quotes`;
}

function unresolvedAliases(
  document: Document,
): { readonly offset: number; readonly message: string }[] {
  const offsets: number[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined) offsets.push(alias.range?.[0] ?? 0);
    },
  });
  return offsets.map((offset) => ({
    offset,
    message: 'no such anchor above this alias; a text that begins with "*" needs quotes',
  }));
}

function plain(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that unfold to a huge document ("billion laughs") end here.
    throw new ConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Where in the text a complaint belongs: at the wrong value, or at its key, or for something missing at what it is missing from. */
function offsetOf(document: Document, { path, aboutKey = false }: Complaint): number {
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const found = stepInto(node, step);
    if (found === undefined) break;
    node = resolved(document, found.value);
    const isWrongValue =
      depth === path.length - 1 && !aboutKey && isScalar(node) && node.source !== '';
    offset = (isWrongValue ? found.value : (found.key ?? found.value))?.range?.[0] ?? offset;
  }
  return offset;
}

function stepInto(
  node: Node | null,
  step: string | number,
): { readonly key?: Node; readonly value: Node | null } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { value: item as Node };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { key: pair.key as Node, value: pair.value as Node | null };
}

/** What a file says now, as plain data, and the line of what is at a path of it, from 1. Rejects with ConfigError. */
export async function readWritten(file: string): Promise<WrittenFile> {
  const lines = new LineCounter();
  const text = await readText(file, file);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  return {
    content: plain(file, document),
    digest: digestOf(text),
    lineOf(path) {
      const node = document.getIn(path, true) as Node | undefined;
      return node?.range ? lines.linePos(node.range[0]).line : undefined;
    },
  };
}

export interface WrittenFile {
  readonly content: unknown;
  /** See Config. */
  readonly digest: string;
  /** Undefined: the file does not have it there. */
  lineOf(path: readonly (string | number)[]): number | undefined;
}

function resolved(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function pathText(path: Complaint['path']): string {
  return path
    .map((step, i) =>
      typeof step === 'number'
        ? `[${step}]`
        : `${i > 0 ? '.' : ''}${/^[\w.-]+$/.test(step) ? step : showKey(step)}`,
    )
    .join('');
}

async function warningsOf(
  file: string,
  config: Omit<Config, 'file' | 'warnings'>,
): Promise<string[]> {
  const literal = secretsOfConfig(config).flatMap(({ path, secret }) =>
    secret.literal ? [path.join('.')] : [],
  );
  if (literal.length === 0 || ((await stat(file)).mode & 0o004) === 0) return [];
  return [
    `${file} holds secrets (${literal.join(', ')}) and other users can read it: chmod 600 it, or write { env: NAME } or { file: PATH }`,
  ];
}
