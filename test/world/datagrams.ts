import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

/** Reads what is sent to a Unix datagram socket. Node cannot: perl, which every Debian system has, prints them in hexadecimal, one a line. */
export async function readDatagrams(address: string) {
  const program = `
    use Socket; $| = 1;
    socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die;
    my $at = $ARGV[0]; $at =~ s/^@/\\0/;
    bind($s, pack('S a*', AF_UNIX, substr($at, 0, 1) eq "\\0" ? $at : "$at\\0")) or die "bind: $!";
    print "up\\n";
    while (defined recv($s, my $d, 1 << 20, 0)) { print unpack('H*', $d), "\\n" }`;
  const child = spawn('perl', ['-e', program, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await expect.poll(() => text).toContain('up\n');
  return {
    /** In order of arrival. */
    received: () =>
      text
        .split('\n')
        .slice(1, -1)
        .map((line) => Buffer.from(line, 'hex').toString()),
    async close() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
