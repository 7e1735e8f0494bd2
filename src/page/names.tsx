import { printableRuns } from '../printable.js';

/** UTF-16 units up to which a name is shown whole in a row. */
const WHOLE = 46;
/** What stays of a name that is cut, where its last part is longer. */
const KEPT_END = 24;
const LONGEST_END = 34;

/**
 * A name in two parts. A narrow row cuts the first short, and the end, with the file's own name, stays. The second part is
 * empty when the name is short. No surrogate pair is split.
 */
export function cutName(name: string, most = WHOLE): readonly [begin: string, end: string] {
  if (name.length <= most) return [name, ''];
  const slash = name.lastIndexOf('/');
  const atSlash = slash > 0 && name.length - slash <= LONGEST_END;
  let at = atSlash ? slash : name.length - KEPT_END;
  if (isLowSurrogate(name.charCodeAt(at))) at -= 1;
  return [name.slice(0, at), name.slice(at)];
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Text in which each character that must not reach a screen is a marked escape. */
export function Escaped({ text }: { text: string }) {
  return (
    <>
      {printableRuns(text).map(({ text: run, escaped }) =>
        escaped ? <span class="esc">{run}</span> : run,
      )}
    </>
  );
}

/** A file's name in a row: isolated, left to right, cut in the middle. */
export function Name({ name, most = WHOLE }: { name: string; most?: number }) {
  const [begin, end] = cutName(name, most);
  return (
    <bdi class="path" dir="ltr">
      <span class="a">
        <Escaped text={begin} />
      </span>
      {end === '' ? null : (
        <span class="z">
          <Escaped text={end} />
        </span>
      )}
    </bdi>
  );
}

/** The whole name, over as many lines as it takes. */
export function FullName({ name }: { name: string }) {
  return (
    <bdi class="path full" dir="ltr">
      <Escaped text={name} />
    </bdi>
  );
}
