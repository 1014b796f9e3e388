import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { DomainError } from '../libs/kernel/domain-error.js';

/**
 * Where errors cross into Temporal: a domain error becomes a failure that no retry can mend, typed by its code and with
 * its pointers as details; anything else (an outage, known or not, or a defect) is thrown on and retried.
 */
export async function asActivityFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.code,
      details: [error.errors],
      nonRetryable: true,
      // Refusals are business as usual: they are no warning to whoever operates the workers.
      category: ApplicationFailureCategory.BENIGN,
    });
  }
}
