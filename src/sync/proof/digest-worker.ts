import '../../quiet-console.js';
import { answerQuestions } from '../../thread-pool.js';
import { type DigestPlan, openPlannedDigest, type PlannedDigest } from '../store/planned-digest.js';

/** A piece of a content. */
export interface DigestQuestion {
  /** A number for each content under way. */
  readonly content: number;
  /** With the first piece; undefined with further ones. */
  readonly plan: DigestPlan | undefined;
  readonly memory: ArrayBuffer;
  /** Bytes of the content in the memory, from its beginning. */
  readonly bytes: number;
  readonly isLast: boolean;
}

export interface DigestAnswer {
  /** That of the question. */
  readonly memory: ArrayBuffer;
  /** With the last piece: see PlannedDigest. */
  readonly digests: readonly string[];
}

const underWay = new Map<number, PlannedDigest>();

answerQuestions<DigestQuestion, DigestAnswer>(({ content, plan, memory, bytes, isLast }) => {
  const digest = plan === undefined ? underWay.get(content) : openPlannedDigest(plan);
  if (digest === undefined) throw new Error('a piece of a content that was not begun');
  digest.update(new Uint8Array(memory, 0, bytes));
  if (isLast) underWay.delete(content);
  else underWay.set(content, digest);
  return [{ memory, digests: isLast ? digest.finish() : [] }, [memory]];
});
