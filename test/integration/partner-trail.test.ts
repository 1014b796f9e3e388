import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from '../../apps/worker/worker.module.js';
import { AgreementsService, type Terms } from '../../libs/agreements/index.js';
import { dossierSections } from '../../libs/contract-tracking/dossier-content.js';
import { ContractTrackingModule, PartnerTrails } from '../../libs/contract-tracking/index.js';
import { Database } from '../../libs/database/index.js';
import { AmendmentProposals, AmendmentSteps, ChangeNotices } from '../../libs/lifecycle/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { testEnvironment } from '../support/api.js';
import { demoProgram } from '../support/demo-program.js';
import { seedPartner } from '../support/seed-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';

const origin = { ipAddress: '127.0.0.1', userAgent: 'test' };
const maker = { actorId: 'usr_maker' };
const checker = { actorId: 'usr_checker' };

describe('the trail of a partner whose agreement was changed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-trail-'));
  let testDatabase: TestDatabase;
  let context: INestApplicationContext;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const env = await testEnvironment(testDatabase, folder);
    const imports = [WorkerModule.forRoot(env), ContractTrackingModule];
    const root = { module: class Root {}, imports };
    context = await NestFactory.createApplicationContext(root, { logger: false });
    database = context.get(Database);
  });
  afterAll(async () => {
    await context.close();
    await testDatabase.drop();
    rmSync(folder, { recursive: true });
  });

  it('tells of every change: what was refused inside the company, and what notice was given of', async () => {
    const standard = demoProgram();
    const law = (governingLaw: string): Terms => ({
      ...standard.terms,
      legal: { ...standard.terms.legal, governingLaw },
    });
    const bounds = [{ role: 'partner_manager' as const, forbidden: ['Indonesia'] }, { role: 'legal' as const }];
    const { id: programId } = await context.get(ProgramsService).create(
      {
        ...standard,
        agreement: { ...standard.agreement, noticeOfChange: { period: 'PT0S', mayObject: true } },
        negotiation: { ...standard.negotiation, guardrails: [{ path: '/legal/governingLaw', bounds }] },
      },
      maker,
    );
    const partnerId = await seedPartner(database, { programId, reference: 'ada', terms: standard.terms });
    const [version] = await context.get(AgreementsService).versionsOf(partnerId);
    const { agreement_id: agreementId, terms_hash: baseHash } = version!;
    const propose = (terms: Terms): Promise<string> => {
      const by = { ...maker, side: 'company' as const, roles: ['partner_manager'], origin };
      return context
        .get(AmendmentProposals)
        .propose({ ...by, agreementId, baseHash, terms, reason: 'A new season' }, programId);
    };
    const refusedId = await propose(law('Indonesia'));
    const [approval] = await database.query<{ id: string }>(
      `select id from internal_approvals where amendment_id = $1`,
      [refusedId],
    );
    const rejection = { decision: 'reject' as const, roles: ['legal'], reason: 'Not there' };
    const decided = { ...checker, amendmentId: refusedId, approvalId: approval!.id, ...rejection };
    await context.get(AmendmentSteps).decideApproval(decided);
    const adoptedId = await propose(law('Norway'));
    const { state } = await context.get(ChangeNotices).give(adoptedId);
    expect(state).toBe('noticed');
    await context.get(AmendmentSteps).adoptNotice(adoptedId);

    const trail = await context.get(PartnerTrails).read(partnerId);
    expect(trail.amendments).toMatchObject([
      {
        id: refusedId,
        state: 'refused',
        cause: 'approval_rejected',
        approvals: [{ state: 'rejected', decisions: [{ role: 'legal', actorId: 'usr_checker', reason: 'Not there' }] }],
      },
      { id: adoptedId, state: 'adopted', version: 2, needsConsent: false, approvals: [] },
    ]);
    const told = trail.timeline.filter(({ subjectId }) => [refusedId, adoptedId].includes(subjectId));
    expect(told.filter(({ source }) => source === 'audit').map(({ what, who }) => `${what} ${who}`)).toEqual([
      ...['amendment.propose usr_maker', 'approval.request usr_maker', 'approval.reject usr_checker'],
      ...['approval.end usr_checker', 'amendment.refuse usr_checker', 'amendment.propose usr_maker'],
      ...['amendment.notify system', 'amendment.adopt system'],
    ]);
    expect(trail.documents).toContainEqual(
      expect.objectContaining({
        subjectId: adoptedId,
        kind: 'redline',
        sha256: trail.amendments[1]?.notice?.documentHash,
      }),
    );
    const printed = JSON.stringify(dossierSections(trail));
    for (const fact of [refusedId, adoptedId, 'approval_rejected: Not there', 'Became version'])
      expect(printed).toContain(fact);
  });
});
