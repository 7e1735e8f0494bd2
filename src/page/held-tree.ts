import type { HeldChanges, HeldObjects } from './api.js';

type HeldObject = HeldObjects['objects'][number];
type HeldFolder = NonNullable<HeldObjects['folders']>[number];

/** A folder in which something is held. */
export interface HeldNode {
  /** The whole name: it ends in `/`. */
  readonly name: string;
  /** The part of it below the folder above. */
  readonly label: string;
  readonly held: number;
  /** Objects below it, held or not. */
  readonly of: number;
  readonly bytes: number;
  readonly children: readonly HeldNode[];
  /** Of `held`, those that are in none of the children. */
  readonly own: number;
}

/** Names that are drawn of one folder; the command has all of them. */
export const SHOWN_OF_FOLDER = 100;

interface Growing {
  readonly folder: HeldFolder;
  readonly above: string;
  readonly children: Growing[];
}

/** The folders, by name, as a tree. A folder in which all that is held is in one folder below it is one node with that. */
export function heldTree(folders: readonly HeldFolder[]): readonly HeldNode[] {
  const roots: Growing[] = [];
  const line: Growing[] = [];
  for (const folder of folders) {
    while (line.length > 0 && !folder.name.startsWith(line.at(-1)?.folder.name ?? '')) line.pop();
    const parent = line.at(-1);
    const growing = { folder, above: parent?.folder.name ?? '', children: [] };
    (parent?.children ?? roots).push(growing);
    line.push(growing);
  }
  return roots.map((root) => nodeOf(root, root.above));
}

/** `above`: what the label leaves out. */
function nodeOf({ folder, children }: Growing, above: string): HeldNode {
  const [only] = children;
  if (only !== undefined && children.length === 1 && only.folder.held === folder.held)
    return nodeOf(only, above);
  const { name, held, of, bytes } = folder;
  const nodes = children.map((child) => nodeOf(child, name));
  const own = nodes.reduce((rest, node) => rest - node.held, held);
  return { name, label: name.slice(above.length), held, of, bytes, children: nodes, own };
}

/** Of some objects those that are in a folder itself, with the rest of their names, by name. */
export function ownIn(folder: string, objects: readonly HeldObject[]): readonly HeldObject[] {
  return objects
    .filter(({ name }) => name.startsWith(folder) && !name.slice(folder.length).includes('/'))
    .map((object) => ({ ...object, name: object.name.slice(folder.length) }));
}

/** What must be typed, and what the server compares: `approve 1321`. */
export function phraseOf(decision: 'approve' | 'reject', changes: number): string {
  return `${decision} ${changes}`;
}

/** How many changes a decision is about. */
export function changesOf({ deletes, overwrites, extraneous }: HeldChanges): number {
  return deletes + overwrites + extraneous;
}
