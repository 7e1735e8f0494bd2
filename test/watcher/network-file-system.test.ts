import { expect, test } from 'vitest';
import {
  mayWaitForNetwork,
  networkFileSystem,
  parseMounts,
  readMounts,
} from '../../src/watcher/network-file-system.js';

// The form of proc_pid_mountinfo(5), with and without optional fields.
const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /srv/nfs rw,relatime shared:9 master:3 - nfs4 server:/export rw,vers=4.2
31 22 0:26 / /srv/nfs/local rw,relatime - tmpfs tmpfs rw
32 22 0:27 / /mnt/with\\040space rw shared:4 - cifs //server/share rw
33 22 0:28 / /home/me/remote rw - fuse.sshfs me@host:/ rw
34 22 0:29 / /home/me/plain rw - fuse.gocryptfs /home/me/cipher rw
35 22 0:30 / /mnt/over rw - nfs server:/a rw
36 35 0:31 / /mnt/over rw - xfs /dev/sdb1 rw
`;

test.each([
  ['/srv/nfs', 'nfs4'],
  ['/srv/nfs/deep/folder', 'nfs4'],
  ['/srv/nfs/local/x', undefined],
  ['/srv/nfs-not', undefined],
  ['/mnt/with space/x', 'cifs'],
  ['/home/me/remote', 'fuse.sshfs'],
  ['/home/me/plain', undefined],
  ['/mnt/over/x', undefined],
  ['/', undefined],
])('network file system: of %s is %s', (path, type) => {
  expect(networkFileSystem(path, parseMounts(mountinfo))).toBe(type);
});

test("network file system: reads this machine's mounts, and finds none without mounts", () => {
  expect(readMounts().some(({ point }) => point === '/')).toBe(true);
  expect(networkFileSystem('/', readMounts('/nowhere'))).toBeUndefined();
});

test.each([
  ['/', 'a local one', [], false],
  [
    '/usr',
    'one with a server mounted in it',
    ['31 1 0:40 / /usr/share/nfs rw - nfs4 server:/x rw'],
    true,
  ],
  ['/usr', 'one on a server', ['31 1 0:40 / /usr rw - cifs //server/x rw'], true],
  ['/usr', 'one beside a server', ['31 1 0:40 / /usr-local rw - nfs server:/x rw'], false],
  ['/nowhere', 'one that is not there', [], true],
])('a call in %s, %s, may wait for a network: %j gives %s', (folder, _, lines, expected) => {
  const local = '1 0 8:1 / / rw - ext4 /dev/sda1 rw';
  expect(mayWaitForNetwork(folder, parseMounts([local, ...lines].join('\n')))).toBe(expected);
});
