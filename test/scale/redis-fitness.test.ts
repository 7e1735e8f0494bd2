import { describe, expect, test } from 'vitest';
import { historyOf, unfitness } from '../../src/scale/redis-fitness.js';
import { RedisUnfitError, replyCode, unfitBy } from '../../src/scale/redis-trouble.js';

const FIT = {
  redis_version: '7.0.15',
  redis_mode: 'standalone',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  role: 'master',
};

function info(different: Readonly<Record<string, string | undefined>> = {}): string {
  const fields = Object.entries({ ...FIT, ...different }).filter(
    ([, value]) => value !== undefined,
  );
  return ['# Server', ...fields.map(([name, value]) => `${name}:${value}`), ''].join('\r\n');
}

describe('historyOf', () => {
  test('names process and data of a Redis', () => {
    const first = historyOf(info({ run_id: 'a', master_replid: 'x' }));
    expect(historyOf(info({ run_id: 'a', master_replid: 'x' }))).toBe(first);
    expect(historyOf(info({ run_id: 'b', master_replid: 'x' }))).not.toBe(first);
    expect(historyOf(info({ run_id: 'a', master_replid: 'y' }))).not.toBe(first);
  });

  test('is not known where Redis does not say its run_id', () => {
    expect(historyOf(info({ master_replid: 'x' }))).toBeUndefined();
  });
});

describe('unfitness', () => {
  test('a Redis that keeps what it has is fit', () => {
    expect(unfitness(info())).toBeUndefined();
    expect(unfitness(info({ redis_version: '6.2.0', role: undefined }))).toBeUndefined();
    expect(unfitness(info({ redis_version: '10.0.1' }))).toBeUndefined();
  });

  test.each([
    [{ maxmemory_policy: 'volatile-lru' }, /volatile-lru\): set maxmemory-policy noeviction/],
    [{ aof_enabled: '0' }, /set appendonly yes/],
    [{ redis_version: '6.0.16' }, /6\.0\.16; it takes 6\.2/],
    [{ redis_mode: 'cluster' }, /cluster/],
    [{ role: 'slave' }, /replica/],
    [{ maxmemory_policy: undefined }, /\+info/],
    [{ aof_enabled: undefined }, /\+info/],
    [{ redis_version: undefined }, /no Redis/],
  ])('%o is refused', (different, why) => {
    expect(unfitness(info(different))).toMatch(why);
  });

  test.each(['', 'HTTP/1.1 400 Bad Request', '# Server'])('%o is no answer of a Redis', (text) => {
    expect(unfitness(text)).toMatch(/no Redis/);
  });
});

describe('unfitBy', () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

  test.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', /password/],
    ['NOAUTH Authentication required.', /set queue\.redis\.password/],
    ["NOPERM this user has no permissions to run the 'evalsha' command", /~longshore:\*/],
    ["READONLY You can't write against a read only replica.", /replica/],
  ])('%s needs a person', (message, advice) => {
    const unfit = unfitBy(reply(message));
    expect(unfit).toBeInstanceOf(RedisUnfitError);
    expect(unfit?.message).toMatch(advice);
    expect(unfitBy(unfit)).toBe(unfit);
  });

  test.each([
    reply('LOADING Redis is loading the dataset in memory'),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    new Error('WRONGPASS said by somewhere else'),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ])('%s may pass by itself', (error) => {
    expect(unfitBy(error)).toBeUndefined();
  });

  test('a certificate is refused by the code of its error', () => {
    const error = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(unfitBy(error)?.message).toMatch(/self-signed certificate.*queue\.redis\.ca/);
  });

  test('replyCode is the first word of a reply', () => {
    expect(replyCode(reply('OOM command not allowed'))).toBe('OOM');
    expect(replyCode(reply('something else'))).toBeUndefined();
    expect(replyCode('OOM')).toBeUndefined();
  });
});
