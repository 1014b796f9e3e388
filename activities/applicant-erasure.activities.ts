import { Injectable } from '@nestjs/common';
import { ErasureService } from '../libs/onboarding/index.js';
import type { ApplicantErasureActivities, CutOffRun } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';
import { whileBeating } from './while-beating.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class ApplicantErasureActivitiesImpl implements ApplicantErasureActivities {
  constructor(private readonly erasure: ErasureService) {}

  eraseApplicants = (run: CutOffRun) =>
    asActivityFailure(() => whileBeating((progress) => this.erasure.eraseOverdue(run, progress)));
}
