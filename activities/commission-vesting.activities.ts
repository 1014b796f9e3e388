import { Injectable } from '@nestjs/common';
import { CommissionsService } from '../libs/commissions/index.js';
import type { CommissionVestingActivities } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class CommissionVestingActivitiesImpl implements CommissionVestingActivities {
  constructor(private readonly commissions: CommissionsService) {}

  vestCommissions = (input: { programId: string; cutOffMs: number; actorId: string }) =>
    asActivityFailure(() => this.commissions.vest(input));
}
