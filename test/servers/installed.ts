import { execFileSync } from 'node:child_process';

/** Whether a program that a test compares with is installed. */
export function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
