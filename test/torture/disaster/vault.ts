import { LINK_SUFFIX } from '../../../src/watcher/links.js';
import type { DriverName } from '../../faults/dialect.js';
import { digestsBelow } from '../../world/tree.js';
import { md5Of } from '../journal.js';

/** A container of its own for one round, as both machines and the judge reach it. */
export interface Vault {
  readonly container: string;
  /** The target of a configuration: `driver` and its settings. */
  readonly target: Readonly<Record<string, unknown>>;
  /** What a person writes who has no configuration: `DRIVER:CONTAINER`, to which a prefix is added; options; the environment. */
  readonly place: string;
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Why the driver refuses to put an object of this name; undefined: it does not. */
  nameProblem(name: string): string | undefined;
  /** MD5 of each object below a prefix, without longshore's own, by the bytes of its name as latin1 text. */
  objects(prefix: string): Promise<ReadonlyMap<string, string>>;
  /** Removes the container, with everything that is in it, as far as the server lets it. Never rejects. */
  remove(): Promise<void>;
}

/** A kind of target. */
export interface VaultKind {
  /** `s3 (profile ceph) at http://…` */
  readonly title: string;
  readonly driver: 'local' | DriverName;
  readonly keepsVersions: 'never' | 'as asked' | 'always';
  /** Whether a version has the times and modes that it had, even if these were changed without the content. */
  readonly versionsHaveAttributes: boolean;
  /** Whether it reports where the parts of an object end, so that their digests prove its content. Else an MD5 in its metadata does. */
  readonly provesParts: boolean;
  /** Bytes from which on a file is sent in parts: the configuration's multipart_threshold. */
  readonly multipartBytes: number;
  /** Bytes of a file that is sent in several parts. */
  readonly largeBytes: number;
  /** `folder`: an empty one, for a target that is a folder. */
  open(folder: string, versions: boolean): Promise<Vault>;
  close(): Promise<void>;
}

/** What a container should hold of a source, in the form of Vault.objects. */
export function objectsOf(source: string): ReadonlyMap<string, string> {
  return new Map(
    [...digestsBelow(source)].map(([path, content]) =>
      content.startsWith('-> ')
        ? [path + LINK_SUFFIX, md5Of(Buffer.from(content.slice('-> '.length)))]
        : [path, content],
    ),
  );
}
