import { hash } from 'node:crypto';
import type { ObjectRef } from '../call.js';
import type { SwiftSettings } from './settings.js';

/**
 * The names of our segments: `longshore/segments/CONTAINER/UPLOAD/NNNNN` in a container of their own. Each upload has a
 * name that is never used again, so replacing an object never touches the segments that it was made of
 * (https://github.com/rclone/rclone/issues/1737). Longshore never deletes segments with other names.
 */
export interface SegmentNames {
  /** The container of the segments, which may not exist yet. */
  containerOf(container: string): string;
  keyOf(container: string, uploadId: string, number: number): string;
  /** The prefix of the segments of one upload, or of all uploads into the container. */
  prefixOf(container: string, uploadId?: string): string;
  /** Whether an object is named as the segments of the container's objects are. */
  isOurs(container: string, segment: ObjectRef): boolean;
}

export function segmentNames({
  segments_container: pattern,
}: Pick<SwiftSettings, 'segments_container'>): SegmentNames {
  const containerOf = (container: string) => pattern.replaceAll('{container}', () => container);
  const prefixOf = (container: string, uploadId?: string) =>
    `longshore/segments/${container}/${uploadId === undefined ? '' : `${uploadId}/`}`;
  return {
    containerOf,
    prefixOf,
    keyOf: (container, uploadId, number) =>
      prefixOf(container, uploadId) + String(number).padStart(5, '0'),
    isOurs: (container, segment) =>
      segment.container === containerOf(container) && segment.key.startsWith(prefixOf(container)),
  };
}

/** The value of SEGMENTS_METADATA: the upload, and the object that it was sent for. */
export function segmentsMark(ref: ObjectRef, uploadId: string): string {
  return `${uploadId} ${ownerOf(ref)}`;
}

/** Names an object in a segments mark. Hex. */
export function ownerOf({ container, key }: ObjectRef): string {
  return hash('md5', `${container}/${key}`, 'hex');
}
