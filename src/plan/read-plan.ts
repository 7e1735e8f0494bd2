import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PLAN_VERSION, type PlanEnd, type PlanHeader, type PlanLine } from './plan-file.js';

/** The file is no plan, or not the whole one that was written. */
export class PlanFileError extends Error {
  override readonly name = 'PlanFileError';
}

/** A plan whose file was found to be whole. */
export interface Plan {
  readonly header: PlanHeader;
  /** How many there are. */
  readonly actions: number;
  /** Reads the file once more, a line at a time. Rejects with PlanFileError when it is another one by now. */
  lines(): AsyncIterable<PlanLine>;
}

/** Longer lines are in no plan: names have 4 KiB at the most. */
const MAX_LINE = 1024 * 1024;

/**
 * Reads the whole file to check it, and keeps none of it.
 *
 * @throws PlanFileError, and the error of the disk.
 */
export async function readPlan(file: string): Promise<Plan> {
  let header: PlanHeader | undefined;
  let end: PlanEnd | undefined;
  for await (const item of readItems(file)) {
    if (item.is === 'header') header = item.header;
    if (item.is === 'end') end = item.end;
  }
  if (header === undefined || end === undefined)
    throw new PlanFileError(`${file} is not whole: the run that wrote it did not finish`);
  const { actions, sha256 } = end;
  return {
    header,
    actions,
    async *lines() {
      for await (const item of readItems(file)) {
        if (item.is === 'line') yield item.line;
        if (item.is === 'end' && item.end.sha256 !== sha256)
          throw new PlanFileError(`${file} was replaced while it was read`);
      }
    },
  };
}

type Item =
  | { readonly is: 'header'; readonly header: PlanHeader }
  | { readonly is: 'line'; readonly line: PlanLine }
  | { readonly is: 'end'; readonly end: PlanEnd };

async function* readItems(file: string): AsyncGenerator<Item, void> {
  const digest = createHash('sha256');
  let at = 0;
  let lines = 0;
  let ended = false;
  for await (const bytes of linesOf(file)) {
    at += 1;
    if (ended) throw new PlanFileError(`${file}:${at}: there is more after the end of the plan`);
    const item = itemOf(bytes, at, file);
    if (item.is === 'line') lines += 1;
    if (item.is === 'end') {
      ended = true;
      if (item.end.actions !== lines || item.end.sha256 !== digest.digest('hex'))
        throw new PlanFileError(
          `${file} is not as it was written; a plan cannot be edited: make a new one`,
        );
    } else digest.update(bytes);
    yield item;
  }
}

/** Lines with their newline. The last one may lack it. */
async function* linesOf(file: string): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
      yield rest.subarray(begin, end + 1);
      begin = end + 1;
    }
    rest = rest.subarray(begin);
    if (rest.length > MAX_LINE) throw new PlanFileError(`${file} is no plan of longshore`);
  }
  if (rest.length > 0) yield rest;
}

function itemOf(bytes: Buffer, at: number, file: string): Item {
  const value = parsed(bytes);
  if (at === 1) return { is: 'header', header: headerOf(value, file) };
  if (value === undefined)
    throw new PlanFileError(`${file}:${at}: this is no JSON; the plan is damaged or not whole`);
  if (value.end === true) return { is: 'end', end: value as unknown as PlanEnd };
  if (isAction(value)) return { is: 'line', line: value as unknown as PlanLine };
  throw new PlanFileError(`${file}:${at}: this is no action of a plan`);
}

type Fields = Readonly<
  Partial<
    Record<
      | 'longshorePlan'
      | 'mirrors'
      | 'mirror'
      | 'name'
      | 'action'
      | 'evidence'
      | 'file'
      | 'kind'
      | 'end',
      unknown
    >
  >
>;

/** The object that the line says; undefined when it says none. */
function parsed(bytes: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function headerOf(value: Fields | undefined, file: string): PlanHeader {
  const version = value?.longshorePlan;
  if (value === undefined || typeof version !== 'number' || !Array.isArray(value.mirrors))
    throw new PlanFileError(`${file} is no plan of longshore`);
  if (version > PLAN_VERSION)
    throw new PlanFileError(
      `${file} was made by a newer longshore (plan version ${version}, this one knows ${PLAN_VERSION})`,
    );
  return value as unknown as PlanHeader;
}

const ACTIONS = ['upload', 'adopt', 'refresh', 'renew-metadata', 'delete', 'forget', 'release'];

/**
 * The digest says that the line is as it was written. That it was written by this program is not known: an action on a file
 * must name one below the source.
 */
function isAction({ mirror, name, action, evidence }: Fields): boolean {
  if (typeof mirror !== 'string' || typeof name !== 'string' || !isFields(evidence)) return false;
  if (!ACTIONS.includes(String(action))) return false;
  return action === 'delete' || action === 'forget'
    ? evidence.file === null
    : isFields(evidence.file) && pathOf(name, evidence.file).split('/').every(isPlainSegment);
}

/** Without the `/` at the end of a folder's name. */
function pathOf(name: string, { kind }: Fields): string {
  return kind === 'folder' && name.endsWith('/') ? name.slice(0, -1) : name;
}

function isPlainSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0');
}
