import type { ObjectRecord } from '../../state/object-index.js';
import type { FileToMark, MarkFiles } from './batch-effects.js';
import type { Books, MarkedContent } from './books.js';

/** The marks of one batch. Rows are those of the batch. */
export interface BatchMarks {
  /** Commits a mark for each of these files. */
  readonly mark: MarkFiles;
  /** Whether the file of this row was marked before its content was known, so that it may be that nothing was to be sent. */
  isBlind(row: number): boolean;
  /**
   * The objects of these rows have their former records again, those that were marked blind. `mayBeThere`: an object without a
   * former record may have been made all the same, and keeps its mark.
   */
  takeBack(rows: Iterable<number>, mayBeThere: boolean): Promise<void>;
}

/** The class of the content that the object has: the guard compares it with that of what will be sent. */
function unread(content: MarkedContent, known: ObjectRecord | undefined): MarkedContent {
  return { ...content, looks: known?.looks ?? 'ordinary' };
}

/** `known`: the record that each row's object had. */
export function createBatchMarks(
  known: readonly (ObjectRecord | undefined)[],
  books: Pick<Books, 'markAll' | 'recordAll' | 'forgetAll'>,
): BatchMarks {
  const blind = new Map<number, FileToMark>();
  return {
    async mark(files) {
      for (const file of files) if (file.content.md5 === undefined) blind.set(file.row, file);
      await books.markAll(
        files.map(({ row, entry, content }) => ({
          name: entry.path,
          entry,
          content: content.md5 === undefined ? unread(content, known[row]) : content,
          known: known[row],
        })),
      );
    },
    isBlind: (row) => blind.has(row),
    async takeBack(rows, mayBeThere) {
      const records: [string, ObjectRecord][] = [];
      const names: string[] = [];
      for (const row of rows) {
        const name = blind.get(row)?.entry.path;
        const record = known[row];
        if (name === undefined) continue;
        if (record !== undefined) records.push([name, record]);
        else if (!mayBeThere) names.push(name);
      }
      if (records.length > 0) await books.recordAll(records);
      if (names.length > 0) await books.forgetAll(names);
    },
  };
}
