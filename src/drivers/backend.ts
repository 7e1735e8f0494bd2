import type {
  Body,
  ByteRange,
  Call,
  ChecksumAlgorithm,
  ContainerInfo,
  ObjectInfo,
  ObjectPage,
  ObjectRef,
  Page,
  PageRequest,
  PutOptions,
  ReadRef,
} from './call.js';
import type { Capabilities } from './capabilities.js';

/**
 * What one provider must supply, as an object literal (layers forward its own keys). Every method may reject with the
 * errors of errors.ts and no others, or with the signal's reason.
 *
 * G1  A put that resolves is readable, and listed, by the next call of any client.
 * G2  A put that rejects, or is aborted, leaves the previous object, or none: never a part of one.
 * G3  A listing has each key once, in UTF-8 byte order (or in the order that `capabilities.listingOrder` says), across pages.
 * G4  A key is any UTF-8 string up to limits.maxKeyBytes and comes back byte for byte, or the put rejects with
 *     InvalidObjectNameError: a key is never changed.
 * G5  A missing container or object is reported as such, except by deleteObject: absence is what it was asked for.
 * G6  Once the signal is aborted nothing more changes at the provider, and the call rejects.
 */
export interface Backend {
  readonly name: string;
  /** What the first checksum of an ObjectInfo is a digest of, where the provider has one for every object. */
  readonly hashType: ChecksumAlgorithm | undefined;
  readonly capabilities: Capabilities;

  listContainers(page: PageRequest, call: Call): Promise<Page<ContainerInfo>>;
  headContainer(name: string, call: Call): Promise<ContainerInfo>;
  createContainer(name: string, call: Call): Promise<ContainerInfo>;
  deleteContainer(name: string, call: Call): Promise<void>;

  listObjects(
    container: string,
    prefix: string,
    page: PageRequest,
    call: Call,
  ): Promise<ObjectPage>;
  headObject(ref: ObjectRef, call: Call): Promise<ObjectInfo>;
  /**
   * A body that ends before or after `body.size` bytes, or that throws, rejects and leaves what was there (G2).
   * `body.size` undefined: only where the provider can store a stream of unknown length in one request, else
   * UnsupportedOperationError; callers then cut it into parts.
   */
  putObject(ref: ObjectRef, body: Body, options: PutOptions, call: Call): Promise<ObjectInfo>;
  /**
   * Resolves when the provider has answered, so that a missing object is an ordinary rejection. A range that begins
   * at or after the end gives no bytes.
   */
  readObject(
    ref: ReadRef,
    range: ByteRange | undefined,
    call: Call,
  ): Promise<AsyncIterable<Uint8Array>>;
  deleteObject(ref: ObjectRef, call: Call): Promise<void>;

  /** Gives back sockets, threads and files. A second call does nothing. */
  close(): Promise<void>;
}
