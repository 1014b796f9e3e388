import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type ReplayResult,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Keyring } from '../../libs/kernel/keyring.js';
import * as orchestration from '../../libs/orchestration/index.js';
import { encryptingDataConverter } from '../../libs/temporal/index.js';
import { historyFromJson } from '../../tools/histories/history-json.js';
import { bundleChanged } from '../support/changed-workflows.js';
import { projectRoot, readProjectFile } from '../support/sources.js';

interface GoldenHistory {
  /** `<stem of the workflow>/<branch>`. */
  branch: string;
  stem: string;
  workflowType: string;
  json: unknown;
}

const folder = path.join(import.meta.dirname, 'histories');
const dataConverter = encryptingDataConverter(Keyring.parse(readProjectFile('test/replay/public-key.txt').trim()));
const histories = readdirSync(folder).flatMap((stem) =>
  readdirSync(path.join(folder, stem)).map((file) => read(stem, file)),
);
const workflowTypes = Object.values(orchestration as Record<string, unknown>).flatMap((value) =>
  typeof value === 'object' && value !== null && 'type' in value && 'workflowId' in value ? [String(value.type)] : [],
);

function read(stem: string, file: string): GoldenHistory {
  const json = JSON.parse(readFileSync(path.join(folder, stem, file), 'utf8')) as {
    events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string } } }[];
  };
  const workflowType = json.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '';
  return { branch: `${stem}/${path.basename(file, '.json')}`, stem, workflowType, json };
}

/**
 * All payloads in a history but its search attributes, which the server reads, so that they hold ids and states alone,
 * and but the marks of `patched`, which the SDK writes by itself and which hold the name of the patch.
 */
function payloadsOf(value: unknown): { metadata: { encoding: string } }[] {
  if (Array.isArray(value)) return value.flatMap(payloadsOf);
  if (value === null || typeof value !== 'object') return [];
  if ('markerName' in value && value.markerName === 'core_patch') return [];
  if ('metadata' in value && 'data' in value) return [value as { metadata: { encoding: string } }];
  return Object.entries(value).flatMap(([name, item]) => (name === 'searchAttributes' ? [] : payloadsOf(item)));
}

function stemOf(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** How each of these histories fares with a bundle: undefined where the workflow does again what it did. */
async function replay(
  workflowBundle: WorkflowBundleOption,
  of: readonly GoldenHistory[],
): Promise<Map<string, Error | undefined>> {
  const given = of.map(({ branch, json }) => ({ workflowId: branch, history: historyFromJson(json) }));
  const results: AsyncIterable<ReplayResult> = Worker.runReplayHistories({ workflowBundle, dataConverter }, given);
  const errors = new Map<string, Error | undefined>();
  for await (const { workflowId, error } of results) errors.set(workflowId, error);
  return errors;
}

beforeAll(() => {
  // What a mutated workflow does wrong is looked at below; the SDK need not print it as well.
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging } });
});
afterAll(() => Runtime.instance().shutdown());

describe('golden histories', () => {
  test('there is one of every workflow, and of no other', () => {
    expect(workflowTypes.length).toBeGreaterThan(0);
    expect([...new Set(histories.map(({ workflowType }) => workflowType))].sort()).toEqual([...workflowTypes].sort());
  });

  test.each(histories)('$branch is of the workflow that its folder names, and says nothing in clear', (history) => {
    expect(stemOf(history.workflowType)).toBe(history.stem);
    const encodings = payloadsOf(history.json).map(({ metadata }) =>
      Buffer.from(metadata.encoding, 'base64').toString(),
    );
    expect(encodings.length).toBeGreaterThan(0);
    expect(encodings.filter((encoding) => encoding !== 'binary/pactline-encrypted')).toEqual([]);
  });

  test('the built bundle does again what each of them says', async () => {
    const errors = await replay({ codePath: path.join(projectRoot, 'dist', 'workflow-bundle.js') }, histories);
    expect([...errors].filter(([, error]) => error !== undefined)).toEqual([]);
    expect([...errors.keys()].sort()).toEqual(histories.map(({ branch }) => branch).sort());
  });
});

/** One change in each workflow that would break those which run. */
const mutations: Record<string, { file: string; from: string; to: string }> = {
  agreementAmendment: {
    file: 'agreement-amendment/agreement-amendment.workflow.ts',
    from: 'follow(await patient.followSignature({ amendmentId }));',
    to: 'follow(await patient.readAmendment({ amendmentId }));',
  },
  agreementCalendar: {
    file: 'agreement-calendar/agreement-calendar.workflow.ts',
    from: 'if (slice.next === null) return result;',
    to: 'if (slice.next === null && (await runCalendarSlice(run))) return result;',
  },
  applicantErasure: {
    file: 'applicant-erasure/applicant-erasure.workflow.ts',
    from: 'return eraseApplicants({',
    to: 'void eraseApplicants({ ...systemActor, ...input, cutOffMs: 0 });\n  return eraseApplicants({',
  },
  commissionReview: {
    file: 'commission-review/commission-review.workflow.ts',
    from: 'return reviewCommissions({',
    to: 'void reviewCommissions({ ...systemActor, ...input, cutOffMs: 0 });\n  return reviewCommissions({',
  },
  commissionVesting: {
    file: 'commission-vesting/commission-vesting.workflow.ts',
    from: 'return vestCommissions({',
    to: 'void vestCommissions({ ...systemActor, ...input, cutOffMs: 0 });\n  return vestCommissions({',
  },
  negotiation: {
    file: 'negotiation/negotiation.workflow.ts',
    from: 'records.recordAcceptance(input)',
    to: 'records.recordAccepted(input)',
  },
  partnerOnboarding: {
    file: 'partner-onboarding/partner-onboarding.workflow.ts',
    from: 'await patient.openPayoutAccount({ partnerId });',
    to: '',
  },
  payoutBatch: {
    file: 'payout-batch/payout-batch.workflow.ts',
    from: 'const work = (slice: number) => rail.issueRemittanceAdvices({ batchId, slice });',
    to: 'const work = (slice: number) => Promise.resolve(slice);',
  },
  payoutCollection: {
    file: 'payout-collection/payout-collection.workflow.ts',
    from: 'await vestCommissions(run);',
    to: '',
  },
  signature: {
    file: 'signature/signature.workflow.ts',
    from: 'const drafted = await patient.draftEnvelope(input);',
    to: 'await condition(() => false, 1_000);\n  const drafted = await patient.draftEnvelope(input);',
  },
  termsSimulation: {
    file: 'terms-simulation/terms-simulation.workflow.ts',
    from: 'return await simulateTerms(input);',
    to: 'return await recordFailedSimulation(input);',
  },
};

describe('mutated workflows', () => {
  let tree: string;
  let errors: Map<string, Error | undefined>;

  beforeAll(async () => {
    const changed = await bundleChanged(Object.values(mutations));
    tree = changed.folder;
    errors = await replay(changed.bundle, histories);
  }, 60_000);
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  test('every workflow is mutated', () => {
    expect(Object.keys(mutations).sort()).toEqual([...workflowTypes].sort());
  });

  test.each(workflowTypes)('%s is caught by a history', (type) => {
    const own = histories.filter(({ workflowType }) => workflowType === type).map(({ branch }) => errors.get(branch));
    expect(own.some((error) => error instanceof DeterminismViolationError)).toBe(true);
  });
});
