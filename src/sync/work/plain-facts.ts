import type { LocalEntry } from '../../watcher/entry.js';
import type { Remote, RemoteFact } from '../decide.js';

/** A LocalEntry that JSON can carry: its times and its inode are decimal texts, as in the ledger. */
export interface PlainEntry extends Omit<LocalEntry, 'mtimeNs' | 'ctimeNs' | 'inode'> {
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: string;
}

/** A RemoteFact that JSON can carry: its time is a decimal text. */
export interface PlainRemoteFact extends Omit<RemoteFact, 'mtimeNs'> {
  readonly mtimeNs?: string;
}

export type PlainRemote = Exclude<Remote, RemoteFact> | PlainRemoteFact;

export function plainEntry(entry: LocalEntry): PlainEntry {
  const { mtimeNs, ctimeNs, inode } = entry;
  return {
    ...entry,
    mtimeNs: mtimeNs.toString(),
    ctimeNs: ctimeNs.toString(),
    inode: inode.toString(),
  };
}

/** The reverse of plainEntry. Throws SyntaxError when a text is no decimal number. */
export function entryOf(plain: PlainEntry): LocalEntry {
  const { mtimeNs, ctimeNs, inode } = plain;
  return { ...plain, mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs), inode: BigInt(inode) };
}

export function plainRemote(remote: Remote): PlainRemote {
  if (typeof remote === 'string') return remote;
  const { mtimeNs, ...fact } = remote;
  return mtimeNs === undefined ? fact : { ...fact, mtimeNs: mtimeNs.toString() };
}

/** The reverse of plainRemote; words are returned unchanged. Throws SyntaxError when its time is no decimal number. */
export function remoteOf<Word extends string>(plain: Word | PlainRemoteFact): Word | RemoteFact {
  if (typeof plain === 'string') return plain;
  const { mtimeNs, ...fact } = plain;
  return mtimeNs === undefined ? fact : { ...fact, mtimeNs: BigInt(mtimeNs) };
}
