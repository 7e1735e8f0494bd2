import type { FileVersion } from '../file-stat.js';
import type { PackedObjects } from './packed-objects.js';

// What goes into a call of a backend, and what comes out of it.

export type ChecksumAlgorithm = 'md5' | 'sha1' | 'sha256' | 'crc32c';

/** A digest of an object's content, in lower-case hex. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly hex: string;
}

export interface ObjectRef {
  readonly container: string;
  readonly key: string;
}

/** An object that is read. */
export interface ReadRef extends ObjectRef {
  /**
   * The `extra.etag` that the object was seen with. Where the provider gives another one with the content, the call rejects with
   * ObjectChangedError; one that gives none is believed. Default: whatever is there is read.
   */
  readonly etag?: string;
}

export interface ContainerInfo {
  readonly name: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface ObjectInfo extends ObjectRef {
  readonly size: number;
  /** Digests of the content only; an ETag that is not one belongs in `extra`. */
  readonly checksums: readonly Checksum[];
  /** Keys in lower case. Empty in a listing of a provider whose listings have none. */
  readonly metaData: Readonly<Record<string, string>>;
  /** `contentType`, `etag`, `lastModified` (milliseconds since the epoch), `versionId` where the provider has them, and more that it reports. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back as `after` for the next page; undefined on the last. */
  readonly next: string | undefined;
}

export interface ObjectPage extends Page<ObjectInfo> {
  /** The same objects, from a backend that has those of a `bare` listing in this form anyway. Then `items` are made when they are looked at. */
  readonly packed?: PackedObjects;
}

/** Some of a container's keys, in UTF-8 byte order. Both ends are any well-formed names, of objects or not. */
export interface KeyRange {
  /** Only keys after this one. */
  readonly after?: string | undefined;
  /** Only keys up to this one, itself included. */
  readonly upTo?: string | undefined;
}

export interface PageRequest {
  readonly after?: string;
  /** Items wanted at the most; the conformance suite asks for 2. Default: what the provider likes best. */
  readonly size?: number;
  /**
   * True: the caller needs the key, size, checksums and etag of each object, and nothing else; a backend to which the rest
   * costs something leaves it out. Of no meaning in a listing of containers.
   */
  readonly bare?: boolean;
  /**
   * Only keys in this range. `upTo` may differ from page to page of one listing; `after` may not. A provider that begins a range
   * anywhere else is refused with RangeIgnoredError. Default: all keys. Of no meaning in a listing of containers.
   */
  readonly range?: KeyRange;
}

/** Bytes to send. A body that can be opened again may be retried; a one-shot stream may not. */
export interface Body {
  /** Undefined: not known before the end. */
  readonly size: number | undefined;
  readonly replayable: boolean;
  /** The whole content, when it is in memory anyway: a backend may send it without streaming. */
  readonly bytes?: Uint8Array;
  /** The whole content, when it is that of a file: a backend of this machine may read it itself, instead of `open`. */
  readonly file?: BodyFile;
  /** Digests of the content that are known: before it is opened, or since it was last read to its end. */
  readonly checksums?: readonly Checksum[];
  open(): AsyncIterable<Uint8Array>;
  /**
   * The bytes from `start` to `end` (exclusive) as a body of their own, of known size and replayable. Only bodies that
   * can seek have it: their parts can be sent in parallel without holding them in memory.
   */
  slice?(start: number, end: number): Body;
  /** The content in parts, which are read and hashed elsewhere than in this thread. */
  parts?(cut: CutRange, signal: AbortSignal): PartSource;
  /** Of a file: rejects as reading would when it is not, or not any longer, the version that is meant. */
  refuseChanged?(): Promise<void>;
}

/** How a content is cut into parts. */
export interface Cut {
  /** Bytes; the last part may have fewer. */
  readonly partSize: number;
  /** Whether the MD5 of the whole is wanted, for which each byte is hashed a second time. */
  readonly wholeMd5: boolean;
  /** True: the SHA-1 of each part is wanted, too, where it is read by a thread. */
  readonly partSha1?: boolean;
}

export interface CutRange extends Cut {
  /** Numbers of the first and the last part that are wanted, of a content that is not hashed as a whole. Default: all. */
  readonly only?: { readonly first: number; readonly last: number };
}

/** A version of a file. A backend that reads it does what `open` would do: the same version before and after, or nothing is stored. */
export interface BodyFile {
  readonly path: string;
  readonly version: FileVersion;
  /** False: a symbolic link in the file's place is not the file. */
  readonly follow: boolean;
  /** What the call rejects with when the file is not, or not any longer, this version. */
  changed(): Error;
  /** To be called when all of it was read, with its bytes and the hex MD5 of what was read. */
  onRead(size: number, md5: string): void;
  /** To be awaited before the content becomes an object: it rejects when none may be made any more. */
  beforeStored(): Promise<void>;
}

/** A body cut into parts, in order: each byte is read once. */
export interface PartSource {
  /** Rejects as reading the body would. The last part is the shorter one. Of an empty body there are none. */
  readonly parts: AsyncGenerator<BodyPart, void, undefined>;
  /** Hex MD5 of the whole, once the last part has been taken. Throws before that, and where the cut does not want it. */
  md5(): string;
}

export interface BodyPart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** Replayable. */
  readonly body: Body;
  /** To be called when `body` is not read any more: the next part may need its memory. */
  release(): void;
}

export type Precondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

export interface PutOptions {
  readonly contentType: string;
  /** Keys in lower case. */
  readonly metaData: Readonly<Record<string, string>>;
  /** What a reader gets to see beside the content, in lower case. They win over those that the driver's settings have for the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Default: what the driver's settings say. Refused with UnsupportedOperationError where the provider has none, or not this one. */
  readonly storageClass?: string;
  /**
   * Digests of the content that are known before it is sent. Other bytes are refused with ObjectHashMismatchError where
   * the algorithm is one of `capabilities.checksums`; the rest need not be looked at.
   */
  readonly checksums: readonly Checksum[];
  readonly precondition?: Precondition;
  /**
   * True: what longshore keeps for itself: without the retention, the legal hold and the storage class of the driver's settings.
   * Default: with them, where there are any.
   */
  readonly bookkeeping?: true;
}

/** `start` inclusive, `end` exclusive, as in Libcloud; no `end` means to the end of the object. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface Call {
  readonly signal: AbortSignal;
}
