import type { ContentClass } from '../sync/content-class.js';
import { digestOfAttributes } from '../sync/file-attributes.js';
import type { Confirmed } from '../sync/store/object-store.js';
import { REMOTE_BATCH_FILES } from '../sync/upload-batch.js';
import type { FileAnswer, FileOrder, SameFile, SentFile } from '../sync/work/batch-effects.js';
import { DamagedColumnsError, readColumns, writeColumns } from './column-bytes.js';
import { bindingOf, MD5_BYTES } from './column-values.js';
import type { PlainOrder } from './send-order.js';

const SEND_ANSWER = 2;
const ATTRIBUTES_BYTES = 8;
/** ETags, and version ids, of all rows together. */
const MOST_TEXT_BYTES = 512 * 1024;

/** An answer's states, by their numbers. */
const STATES = [
  'left',
  'unconfirmed',
  'changed',
  'unreadable',
  'attributes',
  'other',
  'same',
  'sent',
  'conflict',
] as const satisfies FileAnswer['state'][];
const CLASSES = ['ordinary', 'random', 'blank'] as const satisfies readonly ContentClass[];
/** A byte for each file: its state in four bits, its class in two, and whether a digest of attributes follows. */
const STATE_BITS = 15;
const CLASS_SHIFT = 4;
const CLASS_BITS = 3;
const ATTRIBUTES = 64;

/** `order`: as it was packed; `files`: the answer for each of its rows. */
export function packSendAnswer(order: string, files: readonly FileAnswer[]): string {
  const answers = files.map(answerable);
  const known = answers.filter(isRead);
  const attributes = known.flatMap((file) => attributesOf(file) ?? []);
  const columns = writeColumns(SEND_ANSWER, answers.length);
  columns.add(bindingOf(order));
  columns.add(Uint8Array.from(answers, flagsOf));
  columns.add(Buffer.from(known.map(({ content }) => content.md5).join(''), 'hex'));
  columns.add(Buffer.from(attributes.join(''), 'hex'));
  columns.addTexts(answers.map((file) => (file.state === 'sent' ? etagText(file.confirmed) : '')));
  columns.addTexts(
    answers.map((file) => (file.state === 'sent' ? (file.confirmed.versionId ?? '') : '')),
  );
  return columns.pack();
}

const UNCONFIRMED = { state: 'unconfirmed' } as const;

/** What an answer cannot carry (it went up in parts, its ETag has a NUL) a look at the object finds out. */
function answerable(file: FileAnswer): FileAnswer {
  if (file.state !== 'sent') return file;
  const { md5, md5Parts, partSize, etag = '', versionId = '' } = file.confirmed;
  const isPlain = md5 === file.content.md5 && md5Parts === undefined && partSize === undefined;
  return isPlain && !etag.includes('\0') && !versionId.includes('\0') ? file : UNCONFIRMED;
}

function isRead(file: FileAnswer): file is SentFile | SameFile {
  return file.state === 'sent' || file.state === 'same';
}

function attributesOf({ entry, attributesDigest }: SentFile | SameFile): string | undefined {
  return attributesDigest ?? digestOfAttributes(entry.attributes);
}

function flagsOf(file: FileAnswer): number {
  const state = STATES.indexOf(file.state);
  if (!isRead(file)) return state;
  const attributes = attributesOf(file) === undefined ? 0 : ATTRIBUTES;
  return state | (CLASSES.indexOf(file.content.looks) << CLASS_SHIFT) | attributes;
}

/** Most stores' ETag of a small object is its MD5: `=`. Another one comes behind a colon; none is an empty text. */
function etagText({ md5, etag }: Confirmed): string {
  if (etag === undefined) return '';
  return etag === md5 ? '=' : `:${etag}`;
}

function etagOf(text: string, md5: string): string | undefined {
  if (text === '') return undefined;
  if (text === '=') return md5;
  if (!text.startsWith(':')) throw new DamagedColumnsError('an ETag is none');
  return text.slice(1);
}

/**
 * The reverse of packSendAnswer, for the process that gave the order: the answer is believed only as far as it can be one to
 * this order. `hashedAtMs`: when the order was given, which is before any file was read.
 *
 * @throws DamagedColumnsError for an answer to another order, and one that confirms what was not ordered.
 */
export function unpackSendAnswer(
  payload: string,
  packedOrder: string,
  { files }: PlainOrder,
  hashedAtMs: number,
): readonly FileAnswer[] {
  const columns = readColumns(payload, SEND_ANSWER, REMOTE_BATCH_FILES);
  if (columns.rows !== files.length)
    throw new DamagedColumnsError(`${columns.rows} answers to ${files.length} orders`);
  const binding = bindingOf(packedOrder);
  if (!binding.equals(new Uint8Array(columns.bytes(binding.length))))
    throw new DamagedColumnsError('it answers another order');
  const flags = new Uint8Array(columns.bytes(files.length));
  const known = flags.filter((each) => isReadState(each)).length;
  const md5s = hexes(columns.bytes(known * MD5_BYTES), MD5_BYTES);
  const withAttributes = flags.filter((each) => (each & ATTRIBUTES) !== 0).length;
  const digests = hexes(columns.bytes(withAttributes * ATTRIBUTES_BYTES), ATTRIBUTES_BYTES);
  const etags = columns.texts(MOST_TEXT_BYTES);
  const versionIds = columns.texts(MOST_TEXT_BYTES);
  columns.end();
  return files.map((order, row) => {
    const bits = flags[row] ?? 0;
    const state = STATES[bits & STATE_BITS];
    if (state === undefined || (state === 'conflict' && order.where === 'anywhere'))
      throw new DamagedColumnsError(`row ${row} has the state ${bits & STATE_BITS}`);
    const [etag = '', versionId = ''] = [etags[row], versionIds[row]];
    if (state !== 'sent' && state !== 'same') {
      requireNothing(bits, etag, versionId);
      return { state };
    }
    const looks = CLASSES[(bits >> CLASS_SHIFT) & CLASS_BITS];
    if (looks === undefined || bits >= 2 * ATTRIBUTES)
      throw new DamagedColumnsError(`row ${row} has the unknown flags ${bits}`);
    const md5 = next(md5s);
    const attributesDigest = (bits & ATTRIBUTES) === 0 ? undefined : next(digests);
    const read = { entry: order.entry, content: { md5, looks, hashedAtMs }, attributesDigest };
    if (state === 'same') {
      requireNothing(0, etag, versionId);
      return requireOrdered(order, { state, ...read });
    }
    const confirmed = confirmedOf(md5, etagOf(etag, md5), versionId);
    return requireOrdered(order, { state, ...read, confirmed });
  });
}

function isReadState(bits: number): boolean {
  const state = STATES[bits & STATE_BITS];
  return state === 'sent' || state === 'same';
}

function* hexes(bytes: ArrayBuffer, each: number): Generator<string, undefined> {
  for (let at = 0; at < bytes.byteLength; at += each)
    yield Buffer.from(bytes, at, each).toString('hex');
}

function next(texts: Iterator<string, undefined>): string {
  return texts.next().value ?? '';
}

/** Nothing but a state is said of a file that was not read. */
function requireNothing(bits: number, etag: string, versionId: string): void {
  if (bits > STATE_BITS || etag !== '' || versionId !== '')
    throw new DamagedColumnsError('more is said of a file than its state allows');
}

function confirmedOf(md5: string, etag: string | undefined, versionId: string): Confirmed {
  return {
    md5,
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === '' ? {} : { versionId }),
  };
}

/** The answer, if the order allows it. @throws DamagedColumnsError */
function requireOrdered(
  { sends, recorded }: FileOrder,
  answer: SentFile | SameFile,
): SentFile | SameFile {
  const { md5, looks } = answer.content;
  const isAllowed =
    answer.state === 'same'
      ? md5 === recorded
      : md5 !== recorded && (sends === 'any' || (sends === 'ordinary' && looks === 'ordinary'));
  if (!isAllowed) throw new DamagedColumnsError(`it says "${answer.state}" against its order`);
  return answer;
}
