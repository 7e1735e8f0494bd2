import type { ChecksumAlgorithm } from '../call.js';
import type { Capabilities } from '../capabilities.js';
import type { Trial } from './trial.js';

/** A capability, and how its claim is tried. `claimed` false: the driver does not say that it has it. */
export interface CapabilityTrial extends Trial {
  claimed(capabilities: Capabilities, hashType: ChecksumAlgorithm | undefined): boolean;
  /** What it means for mirrors that it is not there. */
  readonly withoutIt: string;
}
