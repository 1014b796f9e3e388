import { proxyActivities } from '@temporalio/workflow';
import {
  longWork,
  systemActor,
  type ApplicantErasureActivities,
  type ApplicantErasureInput,
  type ErasureResult,
} from '../../libs/orchestration/index.js';
import { cutOffOf } from '../scheduled-cut-off.js';

const { eraseApplicants } = proxyActivities<ApplicantErasureActivities>(longWork);

/** Takes the people out of what a program keeps of applications that came to nothing long enough ago. */
export function applicantErasure(input: ApplicantErasureInput): Promise<ErasureResult> {
  return eraseApplicants({ ...systemActor, ...input, cutOffMs: cutOffOf(input) });
}
