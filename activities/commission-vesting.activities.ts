import { Injectable } from '@nestjs/common';
import { CommissionsService } from '../libs/commissions/index.js';
import type { CommissionVestingActivities, CutOffRun } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class CommissionVestingActivitiesImpl implements CommissionVestingActivities {
  constructor(private readonly commissions: CommissionsService) {}

  vestCommissions = (run: CutOffRun) => asActivityFailure(() => this.commissions.vest(run));
}
