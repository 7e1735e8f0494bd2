import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { type DecidingRule, decidingRule } from '../../watcher/deciding-rule.js';
import { isRelativePath, pathsBelow } from '../../watcher/path.js';
import { type Decision, decide } from '../decide.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { entryIn, type PathState } from '../source/path-state.js';
import type { SourceView } from '../source/source-view.js';

/** What is true of an object now, found out on the spot from the disk and the index. */
export interface ObjectFacts {
  readonly name: ObjectName;
  /** Undefined: no path of a source can have this name. */
  readonly rule: DecidingRule | undefined;
  readonly disk: PathState;
  readonly record: ObjectRecord | undefined;
  /** What follows from these. What only a listing of the container knows is not in it. */
  readonly decision: Decision;
}

export interface ObjectFactsOptions {
  readonly settings: Pick<MirrorSettings, 'source' | 'exclude' | 'include' | 'never' | 'policy'>;
  readonly source: Pick<SourceView, 'statPath' | 'stat' | 'pathOf'>;
  readonly index: Pick<ObjectIndex, 'get'>;
}

/** Throws SourceMissingError where the source is not there, and StateDamagedError as the index does. */
export function objectFactsOf(
  { settings, source, index }: ObjectFactsOptions,
  name: ObjectName,
): ObjectFacts {
  const { source: root, exclude, include, never, policy } = settings;
  const path = source.pathOf(name);
  const disk = source.statPath(name);
  const isFolder = source.stat(path).found === 'folder';
  const record = index.get(name);
  const local = entryIn(disk);
  return {
    name,
    rule: isRelativePath(path)
      ? decidingRule(root, path, isFolder, {
          exclude,
          include,
          never: pathsBelow(root, never),
        })
      : undefined,
    disk: isFolder && disk.found === 'nothing' ? { found: 'folder' } : disk,
    record,
    decision: decide(local && { entry: local }, record, 'unknown', policy),
  };
}
