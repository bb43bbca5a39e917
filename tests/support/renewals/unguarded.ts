import { sleep } from '@temporalio/workflow';
import type { Renewal } from '../../../workflows/renewal';

/** A careless version: it does something new in runs that began without it. */
export function createRenewal(): Renewal {
  return { renewIfLong: () => sleep('1 millisecond'), within: (work) => work };
}
