import { proxyActivities } from '@temporalio/workflow';
import {
  patientWork,
  systemActor,
  type CommissionVestingActivities,
  type CommissionVestingInput,
  type VestingResult,
} from '../../libs/orchestration/index.js';
import { cutOffOf } from '../scheduled-cut-off.js';

const { vestCommissions } = proxyActivities<CommissionVestingActivities>(patientWork);

/** Moves what has been held long enough by the cut-off from accrued to payable. */
export function commissionVesting(input: CommissionVestingInput): Promise<VestingResult> {
  return vestCommissions({ ...systemActor, ...input, cutOffMs: cutOffOf(input) });
}
