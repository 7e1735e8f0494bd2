import type {
  Body,
  BodyPart,
  Call,
  ChecksumAlgorithm,
  ObjectInfo,
  ObjectRef,
  PutOptions,
} from './call.js';
import type { Cdn } from './cdn.js';
import type { MetadataLimits } from './metadata-limits.js';
import type { Passage } from './passage.js';
import type { QuickGet } from './quick-get.js';
import type { Versions } from './versions.js';

export type { Cdn } from './cdn.js';
export type { ObjectVersion, Versions } from './versions.js';

export interface Limits {
  /** Bytes that one putObject may carry. */
  readonly maxPutSize: number;
  /** Bytes that one object may have, in however many parts. */
  readonly maxObjectSize: number;
  /** Bytes of UTF-8 in an object name. */
  readonly maxKeyBytes: number;
  readonly metadata: MetadataLimits;
}

/** Rules for names that need no request. Each function returns why the name is impossible; undefined: it is possible. */
export interface NameRules {
  /** Of a container that is about to be created; one that is there already may have an older form. */
  newContainerProblem(name: string): string | undefined;
  /** Of an object that is about to be put. */
  keyProblem(key: string): string | undefined;
}

/** What a provider can do beyond Backend. Keys are never optional: a layer that drops one does not compile. */
export interface Capabilities {
  /** Digests that the provider itself checks before it accepts a put, strongest first. */
  readonly checksums: readonly ChecksumAlgorithm[];
  readonly preconditions: readonly ('ifAbsent' | 'ifMatch')[];
  readonly limits: Limits;
  readonly names: NameRules;
  /** `utf8`: listings come in UTF-8 byte order (G3). `none`: any order; a comparison sorts them on disk first. */
  readonly listingOrder: 'utf8' | 'none';
  /** The content type by which this provider's own tools know the object of a folder, an empty one whose name ends in `/`. */
  readonly folderType: string;
  /**
   * Whether listings carry checksums and metadata, so that a comparison needs no request per object. `largeSizes` false: an
   * object that is made of others may be listed as one of 0 bytes.
   */
  readonly listingHas: {
    readonly checksums: boolean;
    readonly metaData: boolean;
    readonly largeSizes?: false;
  };
  /**
   * Pages of one listing that may usefully be asked for at once, as ranges of keys, at this moment. 1: more would take memory
   * and no less time, or the provider cannot begin a listing at a key. A layer that bounds calls lowers it.
   */
  readonly pagesAtOnce: () => number;
  /** Puts that may usefully be under way at once when the configuration does not say. */
  readonly concurrency: number;
  readonly copy: Copy | undefined;
  readonly batchPut: BatchPut | undefined;
  readonly quickPut: QuickPut | undefined;
  readonly quickGet: QuickGet | undefined;
  readonly batchDelete: BatchDelete | undefined;
  readonly multipart: Multipart | undefined;
  readonly cdn: Cdn | undefined;
  readonly versions: Versions | undefined;
}

export interface Copy {
  /**
   * Whether a copy has the content that was compared with `CopySource.expected`, even if the source is replaced meanwhile.
   * False: an object that replaces the source between HEAD and copy may be copied, so nothing may be sent there until then.
   */
  readonly bindsSource: boolean;
  /** Whether `CopyReplacement.precondition` is kept. False: it must not be given. */
  readonly ifAbsent: boolean;
  /**
   * Copies within the provider, whatever the size. The copy has the content, and by default the content type, headers
   * and metadata, of the source; `replace` gives it others. `from` and `to` may be the same object: then only these
   * change. A missing source rejects with ObjectDoesNotExistError, one that is not what was expected with
   * PreconditionFailedError; both leave what is there as `to`. So does an object `to` where `replace` asks for its absence.
   */
  copyObject(
    from: CopySource,
    to: ObjectRef,
    replace: CopyReplacement | undefined,
    call: Call,
  ): Promise<ObjectInfo>;
}

/** What is copied. */
export interface CopySource extends ObjectRef {
  /** The content that it must have. Default: any. */
  readonly expected?: ExpectedContent;
}

export interface ExpectedContent {
  /** Hex, of the content. */
  readonly md5: string;
  /** The `extra.etag` that an object of this content was seen to have; it decides where the MD5 is not known. */
  readonly etag?: string | undefined;
}

/** The description of a copy that does not keep the source's. Nothing that is missing here is taken from the source. */
export type CopyReplacement = Pick<PutOptions, 'contentType' | 'metaData' | 'storageClass'> &
  Partial<Pick<PutOptions, 'headers' | 'precondition'>>;

/** Many small objects in one call, for stores where a call costs more than an object. */
export interface BatchPut {
  /** Objects, and bytes of their contents, that one call may carry. */
  readonly maxObjects: number;
  readonly maxBytes: number;
  /**
   * Puts each object whole or not at all (G1 and G2 hold for each). Resolves with one outcome for each object, in the order of
   * `objects`: an object that fails has no effect on the others. Rejects when nothing was begun (a missing container, an aborted
   * signal, more than a call may carry), and with trouble of the target, after which any of them may have been stored.
   *
   * `content` has the contents, each where its object says. The caller loses an ArrayBuffer, which is transferred to another
   * thread, so that no layer can repeat the call; shared memory must not be written to until the call is over. Of a key that is
   * named twice, the later one counts.
   */
  putObjects(
    container: string,
    objects: readonly PlacedObject[],
    content: ArrayBuffer | SharedArrayBuffer,
    call: Call,
  ): Promise<readonly PutOutcome[]>;
}

export interface BatchedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex, of its content; another content is refused with ObjectHashMismatchError. */
  readonly md5: string;
  /**
   * `precondition`: as of `putObject`: one that does not hold is this object's PreconditionFailedError, and one that the backend
   * does not declare its UnsupportedOperationError.
   */
  readonly options: Pick<
    PutOptions,
    'contentType' | 'metaData' | 'headers' | 'storageClass' | 'precondition'
  >;
}

/** An object whose content is in memory with that of others. `begin`: where; bytes. */
export interface PlacedObject extends BatchedObject {
  readonly begin: number;
}

export type PutOutcome = { readonly stored: StoredObject } | { readonly error: Error };

/** Many small objects with a request each: nothing is awaited for a single one, and no promise is made for it. */
export interface QuickPut {
  /**
   * Puts each object once, whole or not at all (G1 and G2 hold for each), in their order and many at a time, as `passage` lets
   * each begin. Resolves, when none is under way any more, with one outcome for each object; undefined: it was not begun,
   * because the signal was aborted, the passage was closed, what it replaces has to be looked at, or another object met trouble
   * that is not its own. An object counts as stored when the provider has confirmed its MD5. Rejects when nothing was begun.
   * Repeats nothing, and looks at no object that is replaced: what failed may well be stored by `putObject`.
   */
  putEach(
    container: string,
    objects: readonly QuickObject[],
    passage: Passage,
    call: Call,
  ): Promise<readonly (PutOutcome | undefined)[]>;
}

export interface QuickObject extends BatchedObject {
  /** The content, which is in memory. */
  readonly bytes: Uint8Array;
  readonly replaces: ReplacedObject;
}

/**
 * What is known of the object that a put replaces: that there is none, or that it was put whole. A provider whose large objects
 * are made of others looks at one that is `unknown`, to remove what it is made of.
 */
export type ReplacedObject = 'nothing' | 'whole' | 'unknown';

/** What the provider says of an object that it has stored. */
export interface StoredObject {
  /** Hex, as the provider has computed it. */
  readonly md5: string;
  /** As `extra.etag` and `extra.versionId` of an ObjectInfo. */
  readonly etag?: string;
  readonly versionId?: string;
}

export interface BatchDelete {
  /** Keys that one request may carry. */
  readonly maxKeys: number;
  /** Deletes each key. Resolves with those that failed, by key; a missing object is not a failure (G5). */
  deleteObjects(
    container: string,
    keys: readonly string[],
    call: Call,
  ): Promise<ReadonlyMap<string, Error>>;
}

/** Opaque outside the driver that made it, and plain JSON, so that state can keep it over a restart. */
export interface UploadToken extends ObjectRef {
  readonly driver: string;
  readonly opaque: string;
}

export interface Part {
  /** From 1, without gaps. */
  readonly number: number;
  readonly size: number;
  /** What the provider gave for the part (an ETag, a block id); plain text, kept over a restart. */
  readonly receipt: string;
  /** Hex MD5 of its bytes, as the provider has confirmed it; undefined where it is not known. */
  readonly md5?: string;
}

/** An upload as the provider lists it. */
export interface ListedUpload extends UploadToken {
  /** Milliseconds since the epoch, by the provider's clock; undefined where it is not known. */
  readonly beganAtMs?: number;
  /** The driver has marked it as waste: it is only to be aborted. */
  readonly discarded?: true;
}

export interface UploadOptions extends PutOptions {
  /**
   * Bytes of each part but the last. Where parts are pieces of one stream (`inOrder`), what is there after a restart says by it
   * which parts they are. Default: `partSize.min`.
   */
  readonly partSize?: number;
}

export interface Multipart {
  readonly partSize: { readonly min: number; readonly max: number; readonly maxParts: number };
  /** True: parts are pieces of one stream: sent in their order, of one size but the last, never replaced or listed by `unfinished`. */
  readonly inOrder?: true;
  /**
   * True: the provider compares each part with a digest, and reports no MD5 of the whole that could be compared. That one is
   * computed only where it is asked for, as it takes as long as those of all parts.
   */
  readonly provesParts?: true;
  /** True: the provider compares the SHA-1 of each part. */
  readonly partSha1?: true;
  /**
   * True: other processes may send parts, too, with nothing but the token, which has no secret. Whenever a part arrives, also
   * after a frozen process went on, no object is made of other parts than those that `complete` names by their receipts, and an
   * object that was made stays what it is. A part has its MD5; one that is listed has it, or a receipt that is a digest of its bytes.
   */
  readonly severalSenders?: true;
  /** The token without what only `complete` needs, for other senders. Missing: the token itself. */
  tokenForSenders?(token: UploadToken): UploadToken;
  begin(ref: ObjectRef, options: UploadOptions, call: Call): Promise<UploadToken>;
  /**
   * `body.size` is never undefined here. Resolves once the provider has confirmed these very bytes, where it reports
   * a digest of a part. Sending a number again replaces that part.
   */
  uploadPart(token: UploadToken, partNumber: number, body: Body, call: Call): Promise<Part>;
  /** In ascending order. An upload that is unknown, complete or aborted rejects with ObjectDoesNotExistError. */
  uploadedParts(token: UploadToken, call: Call): Promise<readonly Part[]>;
  /** Makes the object of exactly these parts, in ascending order, visible at once (G1, G2). */
  complete(token: UploadToken, parts: readonly Part[], call: Call): Promise<ObjectInfo>;
  /** An upload that is unknown, complete or already aborted is not an error. */
  abort(token: UploadToken, call: Call): Promise<void>;
  /** All uploads to keys with this prefix, those of other programs too. */
  unfinished(container: string, prefix: string, call: Call): Promise<readonly ListedUpload[]>;
  /**
   * The `extra.etag` of an object that was made of parts of this content, given with their MD5s, in order. Undefined
   * where such an ETag says nothing of the content.
   */
  etagOfParts(
    container: string,
    parts: readonly Pick<BodyPart, 'md5' | 'size'>[],
  ): string | undefined;
  /**
   * The bytes of each part that the object is made of, in order, whichever tool made it. Undefined where the provider does not
   * show them, and where they are more than plain parts (ranges of others, manifests of their own). A provider that refuses the
   * question rejects with an error of the object.
   */
  cutsOf(info: ObjectInfo, call: Call): Promise<readonly number[] | undefined>;
}
