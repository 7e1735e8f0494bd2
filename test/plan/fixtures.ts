import { PLAN_VERSION, type PlanHeader, type PlanLine } from '../../src/plan/plan-file.js';

export function header(): PlanHeader {
  return {
    longshorePlan: PLAN_VERSION,
    made: '2026-11-29T12:00:00Z',
    mirrors: [
      {
        name: 'm',
        source: '/data',
        target: 't',
        driver: 's3',
        profile: 'aws',
        container: 'c',
        prefix: '',
        deletes: 'mirror',
        partsAbove: 64 * 1024 ** 2,
        partSize: null,
      },
    ],
  };
}

/** An upload of a new file of so many bytes. */
export function upload(name: string, bytes = 7): PlanLine {
  return {
    mirror: 'm',
    job: 'upload_object',
    name,
    why: 'new',
    bytes,
    action: 'upload',
    evidence: {
      file: {
        kind: 'file',
        size: bytes,
        mtimeNs: '-1',
        ctimeNs: '2',
        inode: '18446744073709551615',
      },
      record: null,
      object: 'absent',
    },
  };
}
