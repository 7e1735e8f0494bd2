import { resolve } from 'node:path';
import * as z from 'zod';
import { patternProblem } from '../ignore-pattern.js';
import type { Complaint, Reading } from './complaint.js';
import { type ConfigContext, Secret } from './secret.js';
import { didYouMean } from './suggest.js';
import { parseTimeSlot, type Timetable } from './timetable.js';
import { type Bounds, expected, range, show, showKey, wrong } from './wording.js';

export type { Complaint, Reading } from './complaint.js';
export type { ConfigContext } from './secret.js';

/** What one part of a configuration may say, and the type that it is read as. Built by the functions below. */
export type Schema<T = unknown> = z.ZodType<T>;

/**
 * The type of what a schema, or a function from place to schema, reads. A driver's settings are such a function:
 *
 *     const settings = (place: Place) => section('A folder.', { root: folder('Where.', place), fsync: flag('…').default(true) });
 *     type Settings = Infer<typeof settings>; // { root: string; fsync: boolean }
 */
export type Infer<S extends Schema | ((place: ConfigContext) => Schema)> = S extends (
  place: ConfigContext,
) => Schema
  ? z.output<ReturnType<S>>
  : S extends Schema
    ? z.output<S>
    : never;

/** Reads plain data (maps, lists, texts, numbers) by a schema. All complaints come at once. Nothing outside is touched. */
export function read<T>(schema: Schema<T>, written: unknown): Reading<T> {
  const result = schema.safeParse(written, { jitless: true }); // a schema is used once or twice: compiling it costs more than it saves
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

/** The schema as JSON Schema (draft 2020-12), for editors: what may be written, not what it is read as. */
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

/** A text. `pattern` restricts it; `rule` then says how, as in "expected RULE". Numbers and booleans want quotes. */
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

/** How the amounts of a schema are written: in the JSON Schema, a default has its unit. */
const amounts = z.registry<{ readonly show: (amount: number) => string }>();

/** How a number with a unit is read (undefined: it is none) and written, and what to say of a text that is none. */
interface Unit {
  readonly parse: (input: string | number) => number | undefined;
  readonly show: (amount: number) => string;
  readonly hint?: (input: string) => string;
}

/** A number that is written with a unit: see amounts.ts. `what` is expected, its range included. */
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

/** A path: absolute, below the home folder (`~/x`), or relative to the configuration file. Read as an absolute one. */
export function folder(description: string, place: ConfigContext) {
  const what = 'a path';
  return z
    .string({ error: wrong(what) })
    .transform((written, context) => {
      const path = /^~(?=\/|$)/.test(written) ? withHome(written, place.env['HOME']) : written;
      if (path !== undefined && path !== '' && !path.includes('\0'))
        return resolve(place.folder, path);
      context.addIssue({
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

/** Something that must not be printed, written as where it is kept or as itself. Read as a Secret. */
export function secret(description: string, place: ConfigContext) {
  const what = 'a secret: { env: NAME }, { file: PATH }, { credential: NAME } or a text';
  // What was written is not repeated: it may be the secret itself.
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
      (source) => new Secret(typeof source === 'string' ? { literal: source } : source, place),
    )
    .meta({ description, $comment: what });
}

/** One word that switches a section off, or the section; what is wrong with a section is told of its keys. */
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

/** One thing at all times, or one each for times of the week and `otherwise`. Read as a Timetable. */
export function byTime<S extends z.ZodType>(
  description: string,
  what: string,
  thing: S,
  otherwise: z.output<S>,
) {
  const always = thing.transform(
    (value): Timetable<z.output<S>> => ({ slots: [], otherwise: value }),
  );
  const times = z
    .record(z.string(), thing)
    .transform((written, context): Timetable<z.output<S>> => {
      const { otherwise: rest = otherwise, ...timed } = written;
      const slots = Object.entries(timed).flatMap(([time, value]) => {
        const slot = parseTimeSlot(time);
        if (slot === undefined)
          context.addIssue({
            code: 'custom',
            path: [time],
            message: `expected ${TIMES}, got ${show(time)}`,
          });
        return slot === undefined ? [] : [{ ...slot, value }];
      });
      return { slots, otherwise: rest };
    });
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? ''
      : expected(`${what}, or a section of times`, input);
  return z
    .union([always, times], { error })
    .meta({ description, $comment: `${what}, or a section of times` });
}

const TIMES =
  'times of the week such as "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00", or "otherwise"';

/** A list of things of one kind. */
export function list<S extends z.ZodType>(description: string, item: S) {
  return z.array(item, { error: wrong('a list') }).describe(description);
}

/** Things under names that the user chooses. */
export function named<S extends z.ZodType>(description: string, item: S) {
  return z.record(z.string(), item, { error: wrong('a section of names') }).describe(description);
}

/** Anything: checked later, by a schema that depends on the rest. */
export function unchecked() {
  return z.unknown();
}

/** Keys with a meaning each; any other key is refused. `otherNames` maps further spellings to the key that they stand for. */
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
          ? issue.keys.map((key) => `unknown key ${showKey(key)}${adviceOn(key, known)}`).join('\n')
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

function adviceOn(key: string, known: readonly string[]): string {
  const [name = ''] = key.split(/[:=]/, 1);
  if (name !== key && known.includes(name.trim()))
    return `; write "${name.trim()}: " with a blank before the value`;
  return didYouMean(key, known) || `; known: ${known.join(', ')}`;
}
