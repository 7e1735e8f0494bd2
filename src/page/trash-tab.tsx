import { printable } from '../printable.js';
import { bytes, counted } from '../status/units.js';
import type { Trash } from './api.js';
import { Name } from './names.js';
import { Command, commandLine, type MirrorProps } from './parts.js';
import { momentOf } from './times.js';

/** What the mirror keeps of deleted and overwritten objects, and how files come back. */
export function TrashTab({ model, mirror, acts }: MirrorProps) {
  const trash = model.mirror?.trash;
  return (
    <>
      {trash === undefined ? null : trash.on ? (
        <Kept trash={trash} model={model} mirror={mirror.mirror} />
      ) : (
        <p class="empty">
          This mirror has no trash: with <code>deletes: trash</code>, what is deleted or overwritten
          is kept for a time.
        </p>
      )}
      <h2>Bring files back</h2>
      <p class="soft">In a terminal; into a new folder, so that nothing is overwritten:</p>
      <Command text={`${commandLine('restore', mirror.mirror)} --to FOLDER`} acts={acts} />
      {trash?.on ? (
        <>
          <Command text={commandLine('trash', 'ls', mirror.mirror)} acts={acts} />
          <p class="soft">
            The page downloads one object at a time, and never writes into the source.
          </p>
        </>
      ) : null}
    </>
  );
}

const WHY = { deleted: 'deleted', overwritten: 'overwritten', damaged: 'was damaged' } as const;

/** Where one object of the trash is downloaded: see GET /trash/object of the API. */
function downloadAddress(mirror: string, name: string, atMs: number): string {
  return `/api/v1/trash/object?${new URLSearchParams({ mirror, name, at: String(atMs) })}`;
}

function Kept({
  trash,
  model,
  mirror,
}: {
  trash: Trash;
  model: MirrorProps['model'];
  mirror: string;
}) {
  const { objects, bytes: size, more, newest } = trash;
  if (objects === 0) return <p class="empty">The trash is empty.</p>;
  return (
    <>
      <h2>
        In the trash{' '}
        <small>
          {more ? 'at least ' : ''}
          {counted(objects, 'object')}, {bytes(size)}
        </small>
      </h2>
      <table class="trash stack">
        <thead>
          <tr>
            <th scope="col" class="c1">
              Removed
            </th>
            <th scope="col">Path</th>
            <th scope="col" class="num c4">
              Size
            </th>
            <th scope="col" class="c5">
              Kept until
            </th>
            {model.role === 'decide' ? (
              <th scope="col" class="c6">
                <span class="vh">Download</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {newest.map(({ name, bytes: own, removedAtMs, untilMs, why }) => (
            <tr key={`${name} ${removedAtMs}`}>
              <td class="c1">
                {momentOf(removedAtMs, model.nowMs, model.zone)}
                {why === null ? null : <small>{WHY[why]}</small>}
              </td>
              <td class="p">
                <Name name={name} />
              </td>
              <td class="num c4">{bytes(own)}</td>
              <td class="c5">
                {untilMs === null ? 'it is purged' : momentOf(untilMs, model.nowMs, model.zone)}
              </td>
              {model.role === 'decide' ? (
                <td class="c6">
                  <a href={downloadAddress(mirror, name, removedAtMs)} download>
                    Download
                    <span class="vh"> {printable(name)}</span>
                  </a>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
