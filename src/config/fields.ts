import { resolve } from 'node:path';
import { patternProblem } from '../ignore-pattern.js';
import type { Complaint, Reading } from './complaint.js';
import { type ConfigContext, Secret } from './secret.js';
import { adviceOnKey, didYouMean } from './suggest.js';
import { type Bounds, expected, range, show, showKey, wrong } from './wording.js';
import * as z from './zod.js';

export type { Complaint, Reading } from './complaint.js';
export type { ConfigContext } from './secret.js';

/** The rule for one part of a configuration, and the type of the value that is read. The functions below make schemas. */
export type Schema<T = unknown> = z.ZodType<T>;

/**
 * The type of what a schema, or a function that returns a schema, reads. A driver's settings are such a function:
 *
 *     const settings = (context: ConfigContext) =>
 *       section('A folder.', { root: folder('Where.', context), fsync: flag('…').default(true) });
 *     type Settings = Infer<typeof settings>; // { root: string; fsync: boolean }
 */
export type Infer<S extends Schema | ((context: ConfigContext) => Schema)> = S extends (
  context: ConfigContext,
) => Schema
  ? z.output<ReturnType<S>>
  : S extends Schema
    ? z.output<S>
    : never;

/** Checks plain data (maps, lists, texts, numbers) against a schema. Returns the value, or all complaints. Does no I/O. */
export function read<T>(schema: Schema<T>, written: unknown): Reading<T> {
  const result = schema.safeParse(written, { jitless: true }); // compiling a schema that is used once or twice costs more time than it saves
  return result.success
    ? { value: result.data }
    : { complaints: result.error.issues.flatMap(complaintsOf) };
}

function complaintsOf(issue: z.core.$ZodIssue): Complaint[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'invalid_union' && issue.message === '') {
    const meant = issue.errors.at(-1) ?? [];
    return meant
      .flatMap(complaintsOf)
      .map((complaint) => ({ ...complaint, path: [...path, ...complaint.path] }));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  const messages = issue.message.split('\n'); // `section` writes one line a key
  return issue.keys.map((key, i) => ({
    path: [...path, key],
    message: messages[i] ?? issue.message,
    aboutKey: true,
  }));
}

/** A text. `rule` describes `pattern` in complaints: "expected RULE". Numbers and booleans must be quoted. */
export function text(
  description: string,
  { pattern, rule = 'text' }: { readonly pattern?: RegExp; readonly rule?: string } = {},
) {
  const error = ({ input }: { readonly input?: unknown }) =>
    expected(rule, input) +
    (typeof input === 'number' || typeof input === 'boolean' ? ' (put it in quotes)' : '');
  const schema = z.string({ error });
  return pattern === undefined
    ? schema.describe(description)
    : schema.regex(pattern, { error }).meta({ description, $comment: rule });
}

/** A pattern of gitignore's syntax; malformed ones are refused. */
export function ignorePattern(description: string) {
  return z
    .string({ error: wrong('a pattern, in quotes') })
    .superRefine((pattern, context) => {
      const problem = patternProblem(pattern);
      if (problem !== undefined)
        context.addIssue({
          code: 'custom',
          message: `the pattern ${show(pattern)} is malformed: ${problem}`,
        });
    })
    .describe(description);
}

/** One of a few words. */
export function oneOf<const W extends readonly [string, ...string[]]>(
  description: string,
  words: W,
) {
  const list = words.map((word) => `"${word}"`).join(', ');
  return z
    .enum(words, {
      error: ({ input }) =>
        expected(`one of ${list}`, input) +
        (typeof input === 'string' ? didYouMean(input, words) : ''),
    })
    .describe(description);
}

/** `true` or `false`. */
export function flag(description: string) {
  return z.boolean({ error: wrong('true or false') }).describe(description);
}

/** A whole number. */
export function count(
  description: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
) {
  const error = wrong(`a whole number${range({ min, max }, String)}`);
  return z.int({ error }).min(min, { error }).max(max, { error }).describe(description);
}

/** How the amounts of a schema are written: a default in the JSON Schema has its unit. */
export const amounts = z.registry<{ readonly show: (amount: number) => string }>();

/** How a number with a unit is parsed and written. `parse` returns undefined for other text; `hint` ends the complaint about it. */
interface Unit {
  readonly parse: (input: string | number) => number | undefined;
  readonly show: (amount: number) => string;
  readonly hint?: (input: string) => string;
}

/** A number that is written with a unit: see amounts.ts. `what` names it in complaints, with its range. */
export function measured(
  description: string,
  what: string,
  { parse, show: written, hint = () => '' }: Unit,
  { min, max }: Required<Bounds>,
) {
  const schema = z
    .union([z.string(), z.number()], { error: wrong(what) })
    .transform((input, context) => {
      const amount = parse(input);
      if (amount !== undefined && amount >= min && amount <= max) return amount;
      context.addIssue({ code: 'custom', message: expected(what, input) + hint(String(input)) });
      return z.NEVER;
    })
    .meta({ description, $comment: what });
  amounts.add(schema, { show: written });
  return schema;
}

/** A path: absolute, below the home folder (`~/x`), or relative to the configuration file. Read as an absolute path. */
export function folder(description: string, context: ConfigContext) {
  const what = 'a path';
  return z
    .string({ error: wrong(what) })
    .transform((written, check) => {
      const path = /^~(?=\/|$)/.test(written) ? withHome(written, context.env['HOME']) : written;
      if (path !== undefined && path !== '' && !path.includes('\0'))
        return resolve(context.folder, path);
      check.addIssue({
        code: 'custom',
        message: expected(
          path === undefined ? `${what} (HOME is not set, so no "~")` : what,
          written,
        ),
      });
      return z.NEVER;
    })
    .meta({ description, $comment: what });
}

function withHome(written: string, home: string | undefined): string | undefined {
  return home === undefined || home === '' ? undefined : home + written.slice(1);
}

/** A value that must not be printed: the text itself, or where it is stored. Read as a Secret. */
export function secret(description: string, context: ConfigContext) {
  const what = 'a secret: { env: NAME }, { file: PATH }, { credential: NAME } or a text';
  // The complaint does not quote the input, which may be the secret.
  const error = ({ input }: { readonly input?: unknown }) =>
    input === undefined ? expected(what, input) : `expected ${what} (digits alone need quotes)`;
  const name = z.string().regex(/^[^\0]+$/, { error });
  return z
    .union(
      [
        z.string().min(1, { error }),
        z.strictObject({ env: name }),
        z.strictObject({ file: name }),
        z.strictObject({ credential: z.string().regex(/^[^/\0]+$/, { error }) }),
      ],
      { error },
    )
    .transform(
      (source) => new Secret(typeof source === 'string' ? { literal: source } : source, context),
    )
    .meta({ description, $comment: what });
}

/** A word that switches a section off, or the section. Complaints about a section name its keys. */
export function unless<const W extends string, S extends z.ZodType>(
  description: string,
  word: W,
  otherwise: S,
) {
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? ''
      : expected(`"${word}" or a section of keys`, input);
  return z.union([z.literal(word), otherwise], { error }).describe(description);
}

/** A list of values that share one schema. */
export function list<S extends z.ZodType>(description: string, item: S) {
  return z.array(item, { error: wrong('a list') }).describe(description);
}

/** Values under names that the user chooses. */
export function named<S extends z.ZodType>(description: string, item: S) {
  return z.record(z.string(), item, { error: wrong('a section of names') }).describe(description);
}

/** Any value. The caller checks it later, with a schema that depends on other keys. */
export function unchecked() {
  return z.unknown();
}

/** A section with fixed keys; any other key is refused. `otherNames` maps aliases to keys. */
export function section<const S extends Readonly<Record<string, z.ZodType>>>(
  description: string,
  fields: S,
  { otherNames = {} }: { readonly otherNames?: Readonly<Record<string, string>> } = {},
) {
  const known = [...Object.keys(fields), ...Object.keys(otherNames)];
  const schema = z
    .strictObject(fields, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys
              .map((key) => `unknown key ${showKey(key)}${adviceOnKey(key, known)}`)
              .join('\n')
          : expected('a section of keys', issue.input),
    })
    .meta(Object.keys(otherNames).length > 0 ? { description, otherNames } : { description });
  return z.preprocess((written, context) => {
    if (typeof written !== 'object' || written === null || Array.isArray(written)) return written;
    const renamed = new Map<string, unknown>();
    for (const [key, value] of Object.entries(written)) {
      const name = Object.hasOwn(otherNames, key) ? (otherNames[key] ?? key) : key;
      if (renamed.has(name))
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `another name of a key that is given as well: keep one`,
        });
      renamed.set(name, value);
    }
    return Object.fromEntries(renamed); // defines a key "__proto__" instead of setting it
  }, schema);
}
