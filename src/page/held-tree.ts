import type { HeldChanges, HeldObjects } from './api.js';

type HeldObject = HeldObjects['objects'][number];

/** A folder of what is held, or an object. Folders come first, each by name. */
export interface HeldNode {
  /** The part of the name: `2019/`, `a.jpg`. */
  readonly label: string;
  readonly objects: number;
  readonly bytes: number;
  readonly children: readonly HeldNode[];
}

/** Names that are drawn of one folder; the command has all of them. */
export const SHOWN_OF_FOLDER = 100;

/** The names as a tree. A folder with nothing but one folder in it is one node with it. */
export function heldTree(objects: readonly HeldObject[]): readonly HeldNode[] {
  const root = emptyFolder('');
  for (const { name, bytes = 0 } of objects) addTo(root, name.split('/'), bytes ?? 0);
  return nodesOf(root);
}

interface Folder {
  readonly label: string;
  objects: number;
  bytes: number;
  readonly folders: Map<string, Folder>;
  readonly files: { readonly label: string; readonly bytes: number }[];
}

function emptyFolder(label: string): Folder {
  return { label, objects: 0, bytes: 0, folders: new Map(), files: [] };
}

function addTo(root: Folder, parts: readonly string[], bytes: number): void {
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    const next = folder.folders.get(part) ?? emptyFolder(`${part}/`);
    folder.folders.set(part, next);
    next.objects += 1;
    next.bytes += bytes;
    folder = next;
  }
  folder.files.push({ label: parts.at(-1) ?? '', bytes });
}

function nodesOf({ folders, files }: Folder): readonly HeldNode[] {
  return [
    ...[...folders.values()].sort(byLabel).map(nodeOf),
    ...files
      .toSorted(byLabel)
      .map(({ label, bytes }) => ({ label, objects: 1, bytes, children: [] })),
  ];
}

function nodeOf(folder: Folder): HeldNode {
  const children = nodesOf(folder);
  const [only] = children;
  if (only !== undefined && children.length === 1 && only.children.length > 0)
    return { ...only, label: folder.label + only.label };
  return { label: folder.label, objects: folder.objects, bytes: folder.bytes, children };
}

function byLabel(a: { readonly label: string }, b: { readonly label: string }): number {
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
}

/** What must be typed, and what the server compares: `approve 1321`. */
export function phraseOf(decision: 'approve' | 'reject', changes: number): string {
  return `${decision} ${changes}`;
}

/** How many changes a decision is about. */
export function changesOf({ deletes, overwrites, extraneous }: HeldChanges): number {
  return deletes + overwrites + extraneous;
}
