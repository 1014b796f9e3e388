import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { isUndecided, type ApplicationStage } from '../partners/domain/application-stage.js';
import type { AmendmentStatus } from './agreement-amendment.js';
import type { NegotiationStatus } from './negotiation.js';
import type { ApplicationProgress } from './partner-onboarding.js';
import { searchAttributes } from './search-attributes.js';
import type { EnvelopeStatus } from './signature.js';

/** What the search attributes of a contracting workflow tell, as the row says it. */
export interface WaitingAttributes {
  stage?: string;
  signatureStatus?: string;
  /** The roles that have to act; empty where nobody has. */
  awaitingRole: string[];
  /** When something is due; null where nothing is. */
  dueAt: Date | null;
}

const rolesOfStage: Readonly<Partial<Record<ApplicationStage, string>>> = {
  unverified: 'applicant',
  in_review: 'partner_manager',
  information_requested: 'applicant',
};

export function applicationAttributes({
  stage,
  dueAtMs,
}: Pick<ApplicationProgress, 'stage' | 'dueAtMs'>): WaitingAttributes {
  const role = rolesOfStage[stage];
  return {
    stage,
    awaitingRole: role === undefined ? [] : [role],
    dueAt: isUndecided(stage) && dueAtMs !== undefined ? new Date(dueAtMs) : null,
  };
}

export function negotiationAttributes({ state, awaiting, pending, dueAtMs }: NegotiationStatus): WaitingAttributes {
  const side = awaiting === 'company' ? 'partner_manager' : 'partner';
  return {
    stage: state,
    // A move of the company that waits for its own approval waits for whoever may approve it.
    awaitingRole: awaiting === undefined ? [] : (pending?.roles ?? [side]),
    dueAt: dueAtMs === undefined ? null : new Date(dueAtMs),
  };
}

export function envelopeAttributes({
  state,
  awaiting,
  expiresAtMs,
}: Pick<EnvelopeStatus, 'state' | 'awaiting' | 'expiresAtMs'>): WaitingAttributes {
  return {
    signatureStatus: state,
    awaitingRole: awaiting === 'company' ? ['legal'] : awaiting === 'partner' ? ['partner'] : [],
    dueAt: expiresAtMs ? new Date(expiresAtMs) : null,
  };
}

/** What the workflow of an amendment shows; its rounds and signatures have workflows, and attributes, of their own. */
export function amendmentAttributes({ state, approvers = [], noticeEndsAtMs }: AmendmentStatus): WaitingAttributes {
  return {
    stage: state,
    awaitingRole: state === 'awaiting_approval' ? approvers : [],
    dueAt: state === 'noticed' && noticeEndsAtMs !== undefined ? new Date(noticeEndsAtMs) : null,
  };
}

/** As workflows write them. */
export function attributePairs({
  stage,
  signatureStatus,
  awaitingRole,
  dueAt,
}: WaitingAttributes): SearchAttributeUpdatePair[] {
  return [
    ...(stage === undefined ? [] : [{ key: searchAttributes.stage, value: stage }]),
    ...(signatureStatus === undefined ? [] : [{ key: searchAttributes.signatureStatus, value: signatureStatus }]),
    { key: searchAttributes.awaitingRole, value: awaitingRole },
    { key: searchAttributes.dueAt, value: dueAt },
  ];
}
