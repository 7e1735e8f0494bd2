import { describe, expect, it } from 'vitest';
import { renderPage } from '../../src/page/render.js';
import { ZONE } from './models.js';
import { sampleAnswer } from './sample.js';

type Answers = Readonly<Record<string, unknown>>;

/** The text of a page over the sample, where some answers have other members. */
async function textOf(address: string, over: Answers = {}) {
  const html = await htmlOf(address, over);
  return html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
}

async function htmlOf(address: string, over: Answers = {}): Promise<string> {
  const ask = async (target: string) => {
    const [path = ''] = target.split('?', 1);
    const sample = sampleAnswer(target);
    return Object.hasOwn(over, path)
      ? { ...(sample as object), ...(over[path] as object) }
      : sample;
  };
  const page = await renderPage(address, { ask, role: 'decide', zone: ZONE });
  return page?.html ?? '';
}

describe('the proof of a mirror', () => {
  it('is the share of the bytes by age, the oldest that was never read, the budget, and the runs', async () => {
    const text = await textOf('/mirrors/studio?tab=proof');
    expect(text).toContain('91.4 % of the objects were read back within 30 d');
    expect(text).toContain('within 7 days 42.0 % 8 to 30 days 49.4 % longer ago 7.1 % never 1.5 %');
    expect(text).toMatch(/Never read back, oldest first: Projekte\/Alpen.*A009_C001_0812QP\.mov/);
    expect(text).toMatch(/Read today 61 GiB/);
    expect(text).toMatch(/reconcile 1,204,118 objects, 4\.\d TiB 2 differences /);
  });

  it('claims nothing that is not known, and says what turns reading back on', async () => {
    const nothing = { share: null, verifiedShare: null, oldest: null, runs: [] };
    const unknown = await textOf('/mirrors/studio?tab=proof', { '/verify': nothing });
    expect(unknown).toContain('How much was read back is not known yet.');
    expect(unknown).toContain('None yet.');
    const off = await textOf('/mirrors/studio?tab=proof', { '/verify': { on: false } });
    expect(off).toContain('The setting verify of the mirror turns that on');
    expect(off, 'comparisons are made all the same').toContain('1,204,118 objects');
  });
});

describe('what is excluded', () => {
  it('is shown by rule, with its file and line', async () => {
    const text = await textOf('/mirrors/studio?tab=settings');
    expect(text).toContain('Excluded 38,211 entries');
    expect(text).toMatch(/node_modules\/ \/etc\/longshore\/longshore\.yaml:33 31,004/);
    expect(text).not.toContain('is that meant');
  });

  it('warns where it jumped, and says where nothing is', async () => {
    const excluded = { entries: 40, objects: 0, more: 31, rules: [] };
    const detail = { '/mirrors/studio': { excluded } };
    expect(await textOf('/mirrors/studio?tab=settings', detail)).toContain(
      '31 more than within the last day: is that meant?',
    );
    const none = { excluded: { entries: 0, objects: 0, more: null, rules: [] } };
    expect(await textOf('/mirrors/studio?tab=settings', { '/mirrors/studio': none })).toContain(
      'Nothing is excluded.',
    );
  });
});

describe('the configuration', () => {
  it('is compared with the file on disk, and a reload is shown with what it would destroy', async () => {
    const text = await textOf('/service');
    expect(text).toContain('targets.offsite.bandwidth longshore.yaml:14 20MiB/s 40MiB/s');
    expect(text).toContain('studio begins again, with a scan: exclude');
    expect(text).toMatch(/214 objects of studio left in the container without a mirror/);
    expect(text, 'without script').toContain('longshore reload --apply');
    expect(await htmlOf('/service')).not.toContain('<button');
  });

  it('shows what is wrong with a file that cannot be loaded, and nothing to load', async () => {
    const wrong = {
      '/config': {
        valid: false,
        digest: null,
        differs: [],
        complaints: ['longshore.yaml:8:5  mirrors[0]: unknown key "settel"'],
      },
    };
    const text = await textOf('/service', wrong);
    expect(text).toContain('unknown key "settel"');
    expect(text).not.toContain('What loading it would do');
  });

  it('says the same where it does', async () => {
    const same = { '/config': { differs: [], differsSinceMs: null } };
    expect(await textOf('/service', same)).toContain('The file on disk says the same.');
  });
});

it('the service page has what the process takes', async () => {
  const text = await textOf('/service');
  expect(text).toContain('Node.js 22.11.0 linux 6.12.9 x64');
  expect(text).toContain('Memory 212 MiB 59 MiB of it JavaScript');
  expect(text).toContain('Open descriptors 214 of 524,288');
});

it('the trash says why each object is in it', async () => {
  const text = await textOf('/mirrors/studio?tab=trash');
  expect(text).toMatch(/overwritten Clients\/Müller/);
  expect(text).toMatch(/deleted Renders\/old/);
});

it('a target has its errors and its requests by class, and a mirror what costs', async () => {
  expect(await textOf('/')).toContain('Requests this month 61,204 put, 12,040 part');
  const text = await textOf('/mirrors/studio');
  expect(text).toContain('Received this month 1.7 TiB');
  expect(text).toContain('Unfinished uploads 2');
});

it('names in the new elements are text, whatever is in them', async () => {
  const name = '<img src=x onerror=alert(1)>\u202e';
  const rule = { rule: name, kind: 'pattern', at: name, entries: 1 };
  const over = {
    '/mirrors/studio': { excluded: { entries: 1, objects: 0, more: null, rules: [rule] } },
    '/verify': { oldest: { name, sentAtMs: 1 } },
    '/config': {
      complaints: [name],
      differs: [{ setting: name, at: name, loaded: name, disk: name }],
    },
    '/reload': {
      refused: [name],
      daemon: [name],
      affected: [
        { mirror: name, setting: name, becomes: 'left', objects: 1, names: [name], why: name },
      ],
    },
  };
  for (const address of [
    '/service',
    '/mirrors/studio?tab=proof',
    '/mirrors/studio?tab=settings',
    '/mirrors/studio',
  ]) {
    const html = await htmlOf(address, over);
    expect(html, address).toContain('&lt;img');
    expect(html, address).not.toMatch(/<img|\u202e/);
  }
});
